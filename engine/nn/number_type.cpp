#include "engine/nn/number_type.h"

#include <array>
#include <bit>
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

constexpr std::array types = {
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

const NumberType* number_type(std::string_view name) {
    for (const NumberType& type : types) {
        if (name == type.name) return &type;
    }
    return nullptr;
}

std::string number_type_names() {
    std::string names;
    for (const NumberType& type : types) {
        if (!names.empty()) names += ", ";
        names += type.name;
    }
    return names;
}

} // namespace qstar::engine
