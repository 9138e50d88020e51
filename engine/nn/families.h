#pragma once
// What a family of models says of itself; gpt.cpp calls it by the configuration's family. A
// model's first parameter is the table of the embedding, which is its head, too, if they are tied;
// after the last norm come lm_head, if not, the scalar head, if any, and adapters (lora.h).

#include "engine/autograd/ops.h"
#include "engine/autograd/packed_rows.h"
#include "engine/base/random.h"
#include "engine/nn/gpt_config.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qstar::engine {

// Parameters of one block and of what stands around them, with the numbers that a training starts
// from, appended in their order.
struct NewParameters {
    const GptConfig& config;
    std::vector<Parameter>& parameters;
    std::optional<Random> random; // none: normal ones are unwritten, to be read into

    // parts: see Parameter.
    void normal(const std::string& name, Shape shape, double deviation, int parts = 0);
    void constant(const std::string& name, Shape shape, float value);
};

namespace gpt2 {
void add_parameters(NewParameters& add);
// See gpt.h's hidden().
Var hidden(Tape& tape, const GptConfig& config, std::span<Parameter> parameters,
           std::span<const int> tokens, int64_t batch, int64_t time);
} // namespace gpt2

// llama, qwen2 and qwen3.
namespace llama {
void add_parameters(NewParameters& add);
// (T, head): of each position the cosines of its angles t / base^(2 i / head), then the sines.
Tensor turns(int64_t positions, int64_t head, double base);
// packing: of the rows whose tokens these are, or none; of a family without biases. Afterwards of
// the rows that come out: those of which something is asked.
Var hidden(Tape& tape, const GptConfig& config, std::span<Parameter> parameters,
           const Tensor& turns, std::span<const int> tokens, int64_t batch, int64_t time,
           Packing* packing);
} // namespace llama

} // namespace qstar::engine
