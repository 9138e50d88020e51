#include "engine/tensor/number_type.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

using namespace qstar::engine;

namespace {

template <class T>
std::vector<float> as_fp32(const char* name, std::initializer_list<T> numbers) {
    const NumberType* type = number_type(name);
    REQUIRE(type != nullptr);
    REQUIRE(type->bytes == sizeof(T));
    std::string bytes(1, '?'); // so that the numbers are not aligned
    for (const T number : numbers)
        bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    std::vector<float> result(numbers.size());
    type->to_fp32(static_cast<int64_t>(numbers.size()), bytes.data() + 1, result.data());
    return result;
}

using Floats = std::vector<float>;

} // namespace

TEST_CASE("halves become fp32 exactly, each of the 65536") {
    CHECK(fp32_of_half(0x0000) == 0);
    CHECK(std::signbit(fp32_of_half(0x8000)));
    CHECK(fp32_of_half(0x0001) == std::ldexp(1.0f, -24));    // the smallest
    CHECK(fp32_of_half(0x03ff) == std::ldexp(1023.0f, -24)); // the largest subnormal
    CHECK(fp32_of_half(0x0400) == std::ldexp(1.0f, -14));    // the smallest normal
    CHECK(fp32_of_half(0x3c00) == 1);
    CHECK(fp32_of_half(0x3555) == std::ldexp(1365.0f, -12)); // nearest to 1/3
    CHECK(fp32_of_half(0xc000) == -2);
    CHECK(fp32_of_half(0x7bff) == 65504); // the largest
    CHECK(fp32_of_half(0x7c00) == std::numeric_limits<float>::infinity());
    CHECK(fp32_of_half(0xfc00) == -std::numeric_limits<float>::infinity());
    CHECK(std::isnan(fp32_of_half(0x7e00)));
    CHECK(std::isnan(fp32_of_half(0x7c01)));
    bool exact = true; // sign, exponent and mantissa by the definition of the type
    for (uint32_t bits = 0; bits < 1u << 16; ++bits) {
        const int exponent = static_cast<int>(bits >> 10 & 31), mantissa = bits & 1023;
        if (exponent == 31) continue;
        const float size = exponent == 0
                               ? std::ldexp(static_cast<float>(mantissa), -24)
                               : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
        const float value = fp32_of_half(static_cast<uint16_t>(bits));
        exact &= value == (bits >> 15 ? -size : size) && std::signbit(value) == (bits >> 15 != 0);
    }
    CHECK(exact);
}

TEST_CASE("numbers of the other types become fp32") {
    CHECK(fp32_of_bf16(0x3f80) == 1);
    CHECK(fp32_of_bf16(0xc049) == -3.140625f);
    CHECK(as_fp32<uint16_t>("F16", {0x3c00, 0xc000}) == Floats{1, -2});
    CHECK(as_fp32<uint16_t>("BF16", {0x3f80, 0xc049}) == Floats{1, -3.140625f});
    CHECK(as_fp32<float>("F32", {0.1f, -3}) == Floats{0.1f, -3});
    CHECK(as_fp32<double>("F64", {0.1, -3, 1e300}) ==
          Floats{0.1f, -3, std::numeric_limits<float>::infinity()});
    CHECK(as_fp32<int64_t>("I64", {-5, 16777217, INT64_MIN}) == Floats{-5, 16777216, -0x1p63f});
    CHECK(as_fp32<uint64_t>("U64", {7, UINT64_MAX}) == Floats{7, 0x1p64f});
    CHECK(as_fp32<int32_t>("I32", {-5, 1 << 20}) == Floats{-5, 1048576});
    CHECK(as_fp32<uint32_t>("U32", {UINT32_MAX}) == Floats{0x1p32f});
    CHECK(as_fp32<int16_t>("I16", {-300}) == Floats{-300});
    CHECK(as_fp32<uint16_t>("U16", {65535}) == Floats{65535});
    CHECK(as_fp32<int8_t>("I8", {-128, 127}) == Floats{-128, 127});
    CHECK(as_fp32<uint8_t>("U8", {0, 255}) == Floats{0, 255});
    CHECK(as_fp32<uint8_t>("BOOL", {0, 1}) == Floats{0, 1});
    for (const char* unknown : {"", "F8_E4M3", "F8_E5M2", "f32", "F", "F128", "C64"})
        CHECK(number_type(unknown) == nullptr);
}
