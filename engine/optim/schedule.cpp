#include "engine/optim/schedule.h"

#include "engine/base/elementary.h"

#include <algorithm>
#include <numbers>

namespace qstar::engine {

float cosine_schedule(int64_t step, int64_t steps, int64_t warmup, float peak, float floor) {
    if (step < warmup) {
        return peak * static_cast<float>(step + 1) / static_cast<float>(warmup);
    }
    if (step >= steps) return floor;
    const double through = static_cast<double>(step - warmup) /
                           static_cast<double>(std::max<int64_t>(1, steps - warmup));
    return static_cast<float>(floor +
                              0.5 * (peak - floor) * (1 + math::cos(std::numbers::pi * through)));
}

float linear_schedule(int64_t step, int64_t steps, int64_t warmup, double cooldown, float peak,
                      float floor) {
    if (step < warmup) return peak * static_cast<float>(step + 1) / static_cast<float>(warmup);
    const double left = static_cast<double>(std::max<int64_t>(0, steps - step));
    const double last = std::max(1.0, cooldown * static_cast<double>(steps));
    return static_cast<float>(floor + (peak - floor) * std::min(1.0, left / last));
}

} // namespace qstar::engine
