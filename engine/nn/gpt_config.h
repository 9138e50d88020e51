#pragma once
// The sizes that a GPT may have: those that a file may claim and those that can be made.

#include <cstdint>
#include <string>

namespace qstar::engine {

struct GptConfig {
    int64_t layers = 4;
    int64_t heads = 4;
    int64_t width = 128;   // C, a multiple of heads
    int64_t context = 128; // T, the longest sequence
    int64_t vocab = 260;   // V
    bool scalar_head = false;
    bool operator==(const GptConfig&) const = default;
};

// Error naming the first size that is out of its range, or heads that do not divide the
// width; `where` begins the sentence ("FILE: the metadata's ").
void check_sizes(const GptConfig& config, const std::string& where = "a GPT's ");

// Numbers in a GPT of sizes that check_sizes() lets pass.
int64_t parameter_count(const GptConfig& config);

} // namespace qstar::engine
