#include "engine/nn/batch_cut.h"

#include "engine/device/device.h"

#include <algorithm>

namespace qstar::engine {

int64_t micro_batch(const GptConfig& config, int64_t time) {
    return std::max<int64_t>(1, device().widest / (4 * config.width * std::max<int64_t>(1, time)));
}

BatchCut cut_batch(const GptConfig& config, int64_t batch, int64_t time) {
    const int64_t few = micro_batch(config, time);
    if (&device() != &cpu_device() || batch <= 3 * few) return {1, std::min(few, batch)};
    const int64_t half = (batch + 1) / 2, pieces = (half + few - 1) / few;
    return {2, (half + pieces - 1) / pieces};
}

} // namespace qstar::engine
