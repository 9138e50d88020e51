#pragma once
// The sizes that a GPT may have: those that a file may claim and those that can be made.

#include "engine/gpt/gpt.h"

#include <string>

namespace qstar::engine {

// Error naming the first size that is out of its range, or heads that do not divide the
// width; `where` begins the sentence ("FILE: the metadata's ").
void check_sizes(const GptConfig& config, const std::string& where = "a GPT's ");

// Numbers in a GPT of sizes that check_sizes() lets pass.
int64_t parameter_count(const GptConfig& config);

} // namespace qstar::engine
