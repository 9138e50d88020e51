#include "engine/formats/parameters.h"

#include "engine/base/error.h"
#include "engine/device/require_memory.h"

#include <algorithm>

namespace qstar::engine {

void check_claims(const GptConfig& config, int64_t numbers, const std::string& where) {
    // Ours has a bias of the scalar head that others lack; positions may be cut.
    const int64_t positions = config.family == Family::gpt2 ? config.context * config.width : 0;
    const int64_t wanted = parameter_count(config) - positions - (config.scalar_head ? 1 : 0);
    if (numbers < wanted)
        fail("{}: a model of these sizes has {} numbers or more, but the tensors hold {}", where,
             wanted, numbers);
    require_memory((wanted + positions) * 4, where + ": reading its weights",
                   "a smaller model takes less");
}

void read_first_rows(const Tensor& to, const Shape& shape,
                     const std::function<void(const Tensor&)>& read) {
    const bool more = shape.rank == 2 && to.shape().rank == 2 && shape[0] > to.shape()[0] &&
                      shape[1] == to.shape()[1];
    if (!more) return read(to); // which refuses another shape
    const Tensor all = Tensor::zeros(shape, cpu_device());
    read(all);
    std::copy_n(all.data(), to.size(), to.data());
}

std::string hf_parameter(std::string tensor, const GptConfig& config) {
    if (config.family == Family::gpt2) {
        if (tensor.starts_with("transformer.")) tensor.erase(0, 12);
        const bool mask = tensor.ends_with(".attn.bias") || tensor.ends_with(".attn.masked_bias");
        return mask || tensor == "lm_head.weight" ? "" : tensor;
    }
    if (tensor.ends_with(".rotary_emb.inv_freq")) return "";
    if (tensor == "lm_head.weight") return config.tied || config.scalar_head ? "" : tensor;
    if (tensor.starts_with("model.") || tensor.starts_with("score.")) return tensor;
    return "model." + tensor;
}

} // namespace qstar::engine
