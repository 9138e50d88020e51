#include "engine/formats/gguf_numbers.h"

#include "engine/tensor/number_type.h"

#include <array>
#include <cstring>
#include <fmt/core.h>

namespace qstar::engine {

namespace {

void from_named(const char* name, int64_t n, const char* from, float* to) {
    number_type(name)->to_fp32(n, from, to);
}

float scale_at(const char* from) {
    uint16_t half = 0;
    std::memcpy(&half, from, sizeof half);
    return fp32_of_half(half);
}

void from_q8_0(int64_t n, const char* from, float* to) {
    for (int64_t at = 0; at < n; at += 32, from += 34) {
        const float scale = scale_at(from);
        for (int64_t i = 0; i < 32; ++i)
            to[at + i] = scale * static_cast<float>(static_cast<int8_t>(from[2 + i]));
    }
}

void from_q4_0(int64_t n, const char* from, float* to) {
    for (int64_t at = 0; at < n; at += 32, from += 18) {
        const float scale = scale_at(from);
        for (int64_t i = 0; i < 16; ++i) {
            const int both = static_cast<uint8_t>(from[2 + i]);
            to[at + i] = scale * static_cast<float>((both & 15) - 8);
            to[at + 16 + i] = scale * static_cast<float>((both >> 4) - 8);
        }
    }
}

constexpr std::array kKnownNumbers = {
    GgufNumbers{0, "F32", 1, 4,
                [](int64_t n, const char* from, float* to) { from_named("F32", n, from, to); }},
    GgufNumbers{1, "F16", 1, 2,
                [](int64_t n, const char* from, float* to) { from_named("F16", n, from, to); }},
    GgufNumbers{30, "BF16", 1, 2,
                [](int64_t n, const char* from, float* to) { from_named("BF16", n, from, to); }},
    GgufNumbers{8, "Q8_0", 32, 34, from_q8_0},
    GgufNumbers{2, "Q4_0", 32, 18, from_q4_0},
};

// By their ids; "" is a type that is gone.
constexpr std::array<const char*, 31> kAllNames = {
    "F32",     "F16",    "Q4_0",    "Q4_1",  "",       "",      "Q5_0",  "Q5_1",
    "Q8_0",    "Q8_1",   "Q2_K",    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K",  "Q8_K",
    "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
    "I8",      "I16",    "I32",     "I64",   "F64",    "IQ1_M", "BF16"};

} // namespace

const GgufNumbers* gguf_numbers(uint32_t id) {
    for (const GgufNumbers& numbers : kKnownNumbers)
        if (numbers.id == id) return &numbers;
    return nullptr;
}

const GgufNumbers* gguf_numbers(std::string_view name) {
    for (const GgufNumbers& numbers : kKnownNumbers)
        if (numbers.name == name) return &numbers;
    return nullptr;
}

std::string gguf_number_names() {
    std::string names;
    for (const GgufNumbers& numbers : kKnownNumbers) {
        if (!names.empty()) names += ", ";
        names += numbers.name;
    }
    return names;
}

std::string name_of_gguf_numbers(uint32_t id) {
    if (id < kAllNames.size() && *kAllNames[id] != '\0') return kAllNames[id];
    return fmt::format("number {}", id);
}

} // namespace qstar::engine
