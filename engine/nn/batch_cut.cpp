#include "engine/nn/batch_cut.h"

#include <algorithm>

namespace qstar::engine {

int64_t micro_batch(const GptConfig& config, int64_t time, const Device& device) {
    return std::max<int64_t>(1, device.widest_activation() /
                                    (4 * config.width * std::max<int64_t>(1, time)));
}

BatchCut cut_batch(const GptConfig& config, int64_t batch, int64_t time, const Device& device) {
    const int64_t few = micro_batch(config, time, device);
    if (!device.computes_on_calling_thread() || batch <= 3 * few)
        return {false, std::min(few, batch)};
    const int64_t half = (batch + 1) / 2, pieces = (half + few - 1) / few;
    return {true, (half + pieces - 1) / pieces};
}

} // namespace qstar::engine
