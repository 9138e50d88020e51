#pragma once
// The types of numbers in the safetensors format, and how they become fp32.
//
// A value is rounded to the nearest fp32 number, ties to even; one that is too large for
// fp32 (only F64 has such) becomes infinity, and NaN stays NaN.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::engine {

struct NumberType {
    const char* name; // as the header names it
    int64_t bytes;    // of one number
    // n numbers at `from`, of any alignment, little-endian.
    void (*to_fp32)(int64_t n, const char* from, float* to);
};

// What weights are written in.
enum class WeightType { f32, f16, bf16 };
WeightType weight_type(std::string_view name); // "f32", "f16", "bf16"
const NumberType& number_type(WeightType type);

// The bytes of a tensor's numbers from `first` on, rounded to the nearest, ties to even; `buffer`
// is theirs where they are not the numbers' own. Error naming the first number that is not finite,
// or too large for the type.
std::string_view written_bytes(std::span<const float> numbers, int64_t first, WeightType type,
                               std::vector<uint16_t>& buffer, const std::string& tensor,
                               const std::string& file);

// BOOL, U8 to U64, I8 to I64, F16, BF16, F32 and F64; nullptr for any other.
const NumberType* number_type(std::string_view name);
std::string number_type_names(); // "BOOL, U8, ..."

float fp32_of_half(uint16_t bits);  // IEEE 754 binary16, exact
float fp32_of_bf16(uint16_t bits);  // exact
uint16_t half_of_fp32(float value); // the nearest, ties to even; too large: infinity
uint16_t bf16_of_fp32(float value); // the same

bool all_finite(std::span<const float> numbers);
// Error naming the first number that is not finite; they are a tensor's from `first` on.
void check_finite(std::span<const float> numbers, int64_t first, const std::string& tensor,
                  const std::string& file);

} // namespace qstar::engine
