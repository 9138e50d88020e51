#include "engine/decode/decoder_weights.h"

#include "engine/base/parallel.h"

#include <algorithm>

namespace qstar::engine {

LinearParts linear_parts(const Gpt& model, const std::string& block,
                         const std::vector<std::string>& names) {
    LinearParts parts;
    std::vector<float> biases;
    for (const std::string& name : names) {
        const Parameter& weight = model.parameter(block + name + ".weight");
        parts.weights.push_back(weight.value);
        parts.out_in = weight.out_in;
        for (const Parameter& p : model.parameters) { // where the family has one
            if (p.name != block + name + ".bias") continue;
            const Tensor bias = p.value.clone(cpu_device());
            biases.insert(biases.end(), bias.values().begin(), bias.values().end());
        }
    }
    if (!biases.empty())
        parts.bias =
            Tensor::view({std::ssize(biases)}, biases.data(), cpu_device()).clone(cpu_device());
    return parts;
}

LinearParts head_parts(const Gpt& judge) {
    if (judge.config.scalar_head) return linear_parts(judge, "", {"score"});
    const Parameter& head =
        judge.config.tied ? judge.parameters.front() : judge.parameter("lm_head.weight");
    return {{head.value}, true, {}};
}

Tensor together(const LinearParts& parts, const Device& device) {
    if (!parts.out_in) return parts.weights.front().clone(device);
    const int64_t in = parts.in(), all = parts.out();
    const Tensor whole = Tensor::unwritten({in, all}, cpu_device());
    int64_t column = 0;
    for (const Tensor& weight : parts.weights) {
        const Tensor part = weight.device().is_host() ? weight : weight.clone(cpu_device());
        const int64_t outs = part.shape()[0];
        parallel_for((outs + 63) / 64, 1, [&](int64_t first, int64_t last) {
            for (int64_t from = 0; from < in; from += 64) // so that both stay in the caches
                for (int64_t out = first * 64; out < std::min(outs, last * 64); ++out)
                    for (int64_t i = from; i < std::min(in, from + 64); ++i)
                        whole[i * all + column + out] = part[out * in + i];
        });
        column += outs;
    }
    return device.is_host() ? whole : whole.clone(device);
}

} // namespace qstar::engine
