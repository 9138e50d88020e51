#pragma once
// Greedy writing after any tokens at all: what a model makes of a worksheet that was begun
// by others, or of a line that does not end as it should. (search/models/gpt_proposer.h only ever
// shows a model whole and well-formed paths.)

#include "engine/nn/gpt.h"
#include "search/problem/path.h"
#include "tokenizer/bpe.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

// One path a prompt: the steps that the likeliest tokens make, until the answer token,
// another special token, max_tokens, or the end of the context. `step_as`: what the model is
// fed when it has written the step token; -1: that token.
std::vector<search::Path> write_greedily(const engine::Gpt& model,
                                         const tokenizer::Tokenizer& tokenizer,
                                         std::span<const std::vector<int>> prompts,
                                         std::span<const std::string> problems, int max_tokens = 64,
                                         int step_as = -1);

} // namespace qstar::eval
