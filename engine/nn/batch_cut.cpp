#include "engine/nn/batch_cut.h"

#include "engine/nn/gradient_tree.h"

#include <algorithm>

namespace qstar::engine {

int64_t micro_batch(const GptConfig& config, int64_t time, const Device& device) {
    return std::max<int64_t>(1, device.widest_activation() /
                                    (4 * config.width * std::max<int64_t>(1, time)));
}

BatchCut cut_batch(const GptConfig& config, int64_t batch, int64_t time, const Device& device,
                   int64_t trained) {
    const int64_t few = micro_batch(config, time, device);
    const int64_t with_gradient = trained > 0 ? trained : parameter_count(config);
    const int64_t leaves =
        device.computes_on_calling_thread() ? leaves_of(batch, few, with_gradient) : 1;
    if (leaves == 1) return {1, std::min(few, batch)};
    const int64_t leaf = (batch + leaves - 1) / leaves, pieces = (leaf + few - 1) / few;
    return {leaves, (leaf + pieces - 1) / pieces};
}

} // namespace qstar::engine
