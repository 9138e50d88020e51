#include "engine/tensor/number_type.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace qstar::engine {

namespace {

// to[i] = value(the i-th number of type T)
template <class T, class Value>
void convert(int64_t n, const char* from, float* to, const Value& value) {
    for (int64_t i = 0; i < n; ++i) {
        T number;
        std::memcpy(&number, from + i * static_cast<int64_t>(sizeof number), sizeof number);
        to[i] = value(number);
    }
}

template <class T>
void cast(int64_t n, const char* from, float* to) {
    convert<T>(n, from, to, [](T number) { return static_cast<float>(number); });
}

constexpr std::array kTypes = {
    NumberType{"BOOL", 1,
               [](int64_t n, const char* from, float* to) {
                   convert<uint8_t>(n, from, to, [](uint8_t b) { return b != 0 ? 1.0f : 0.0f; });
               }},
    NumberType{"U8", 1, cast<uint8_t>},
    NumberType{"I8", 1, cast<int8_t>},
    NumberType{"U16", 2, cast<uint16_t>},
    NumberType{"I16", 2, cast<int16_t>},
    NumberType{"U32", 4, cast<uint32_t>},
    NumberType{"I32", 4, cast<int32_t>},
    NumberType{"U64", 8, cast<uint64_t>},
    NumberType{"I64", 8, cast<int64_t>},
    NumberType{"F16", 2,
               [](int64_t n, const char* from, float* to) {
                   convert<uint16_t>(n, from, to, fp32_of_half);
               }},
    NumberType{"BF16", 2,
               [](int64_t n, const char* from, float* to) {
                   convert<uint16_t>(n, from, to, fp32_of_bf16);
               }},
    NumberType{"F32", 4, cast<float>},
    NumberType{"F64", 8, cast<double>},
};

} // namespace

float fp32_of_bf16(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

float fp32_of_half(uint16_t bits) {
    const uint32_t sign = uint32_t{bits} >> 15 << 31;
    const uint32_t exponent = bits >> 10 & 31u, mantissa = bits & 1023u;
    if (exponent == 0) { // zero or subnormal: mantissa / 2^24
        const float size = static_cast<float>(mantissa) * 0x1p-24f;
        return std::bit_cast<float>(std::bit_cast<uint32_t>(size) | sign);
    }
    // The exponent's bias is 15 there and 127 here; 31 is infinity or NaN.
    const uint32_t widened = exponent == 31 ? 255 : exponent + 112;
    return std::bit_cast<float>(sign | widened << 23 | mantissa << 13);
}

uint16_t half_of_fp32(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint32_t sign = bits >> 31 << 15, size = bits & 0x7fffffffu;
    if (size > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u); // NaN
    if (size >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
    // Below 2^-14 the numbers of a half are multiples of 2^-24: the addition rounds to one of them.
    if (size < 0x38800000u) {
        const float shifted = std::bit_cast<float>(size) + 0.5f;
        return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
    }
    const uint32_t rounded = size + 0xfffu + (size >> 13 & 1u) - (112u << 23);
    return static_cast<uint16_t>(sign | rounded >> 13);
}

uint16_t bf16_of_fp32(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u); // NaN
    return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

namespace {

bool is_odd(float x) { // infinity or NaN
    constexpr uint32_t kAllOnes = 0x7f800000;
    return (std::bit_cast<uint32_t>(x) & kAllOnes) == kAllOnes;
}

} // namespace

bool all_finite(std::span<const float> numbers) {
    bool any = false; // a loop without a branch, for the compiler to take several at once
    for (const float x : numbers) any |= is_odd(x);
    return !any;
}

void check_finite(std::span<const float> numbers, int64_t first, const std::string& tensor,
                  const std::string& file) {
    if (all_finite(numbers)) return;
    const auto at = std::find_if(numbers.begin(), numbers.end(), is_odd);
    fail("{}: tensor \"{}\": holds a number that is not finite ({} at index {})", file, tensor,
         std::isnan(*at) ? "NaN" : "infinity", first + (at - numbers.begin()));
}

WeightType weight_type(std::string_view name) {
    if (name == "f32") return WeightType::f32;
    if (name == "f16") return WeightType::f16;
    if (name == "bf16") return WeightType::bf16;
    fail("expected weights of f32, f16 or bf16, found \"{}\"", name);
}

const NumberType& number_type(WeightType type) {
    return *number_type(type == WeightType::f32 ? "F32" : type == WeightType::f16 ? "F16" : "BF16");
}

std::string_view written_bytes(std::span<const float> numbers, int64_t first, WeightType type,
                               std::vector<uint16_t>& buffer, const std::string& tensor,
                               const std::string& file) {
    check_finite(numbers, first, tensor, file);
    if (type == WeightType::f32)
        return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
    const bool half = type == WeightType::f16;
    const unsigned infinity = half ? 0x7c00 : 0x7f80;
    buffer.resize(numbers.size());
    for (size_t i = 0; i < numbers.size(); ++i) {
        buffer[i] = half ? half_of_fp32(numbers[i]) : bf16_of_fp32(numbers[i]);
        if ((buffer[i] & 0x7fffu) == infinity)
            fail("{}: tensor \"{}\": {} is too large for {}: write F32", file, tensor, numbers[i],
                 number_type(type).name);
    }
    return {reinterpret_cast<const char*>(buffer.data()), 2 * buffer.size()};
}

const NumberType* number_type(std::string_view name) {
    for (const NumberType& type : kTypes) {
        if (name == type.name) return &type;
    }
    return nullptr;
}

std::string number_type_names() {
    std::string names;
    for (const NumberType& type : kTypes) {
        if (!names.empty()) names += ", ";
        names += type.name;
    }
    return names;
}

} // namespace qstar::engine
