#pragma once
// The types of numbers in GGUF tensors that become fp32 here (ggml's documentation, ggml-quants).
//
// A type packs a row's numbers in blocks. Q8_0: 32 signed bytes and their scale d, a half; a number
// is d q. Q4_0: 32 numbers of four bits, d (q - 8), the first 16 in the low halves of the bytes.

#include <cstdint>
#include <string>
#include <string_view>

namespace qstar::engine {

struct GgufNumbers {
    uint32_t id; // in the file
    const char* name;
    int64_t block; // numbers
    int64_t bytes; // of a block
    // n numbers, whole blocks, at `from`, of any alignment.
    void (*to_fp32)(int64_t n, const char* from, float* to);
};

// F32, F16, BF16, Q8_0, Q4_0; nullptr for any other.
const GgufNumbers* gguf_numbers(uint32_t id);
const GgufNumbers* gguf_numbers(std::string_view name);
std::string gguf_number_names();               // "F32, F16, ..."
std::string name_of_gguf_numbers(uint32_t id); // also of those that are not read: "Q4_K"

} // namespace qstar::engine
