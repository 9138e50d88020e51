#pragma once
// What files of others have in common on their way into a GPT's parameters.

#include "engine/nn/gpt_config.h"
#include "engine/tensor/tensor.h"

#include <functional>
#include <string>

namespace qstar::engine {

// Before a model of claimed sizes is made: Error if the tensors hold fewer numbers than its
// parameters, or if they do not fit in memory. `where` begins the sentence.
void check_claims(const GptConfig& config, int64_t numbers, const std::string& where);

// Reads a matrix of another shape and keeps its first rows: positions of a shorter context.
// Error if there are fewer than asked for, or other columns.
void read_first_rows(const Tensor& to, const Shape& shape,
                     const std::function<void(const Tensor&)>& read);

// The parameter that a tensor of Hugging Face's is, as gpt.h has it; empty for what follows from
// the configuration (masks, a tied head).
std::string hf_parameter(std::string tensor, const GptConfig& config);

} // namespace qstar::engine
