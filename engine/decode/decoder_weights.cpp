#include "engine/decode/decoder_weights.h"

namespace qstar::engine {

Tensor side_by_side(const Gpt& model, const std::string& block,
                    const std::vector<std::string>& names, const Device& device) {
    std::vector<Tensor> parts;
    int64_t in = 0, all = 0;
    for (const std::string& name : names) {
        parts.push_back(model.parameter(block + name + ".weight").value.clone(cpu_device()));
        in = parts.back().shape()[1];
        all += parts.back().shape()[0];
    }
    Tensor together = Tensor::zeros({in, all}, cpu_device());
    int64_t column = 0;
    for (const Tensor& part : parts) {
        for (int64_t out = 0; out < part.shape()[0]; ++out, ++column)
            for (int64_t i = 0; i < in; ++i) together[i * all + column] = part[out * in + i];
    }
    return together.clone(device);
}

Tensor biases_of(const Gpt& model, const std::string& block, const std::vector<std::string>& names,
                 const Device& device) {
    std::vector<float> all;
    for (const Parameter& p : model.parameters) { // in the order of the names
        for (const std::string& name : names) {
            if (p.name != block + name + ".bias") continue;
            const Tensor bias = p.value.clone(cpu_device());
            all.insert(all.end(), bias.values().begin(), bias.values().end());
        }
    }
    if (all.empty()) return {};
    return Tensor::view({std::ssize(all)}, all.data(), cpu_device()).clone(device);
}

} // namespace qstar::engine
