#include "eval/report/calibration.h"

#include "engine/text/json.h"
#include "eval/measure/interval.h"
#include "train/supervised/reward.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

namespace qstar::eval {

namespace {

constexpr int kBins = 10;

} // namespace

Json calibration_of(std::vector<std::pair<float, bool>> scored) {
    struct Bin {
        int64_t n = 0, right = 0;
        double sum = 0;
    };
    std::vector<Bin> counted(kBins);
    int64_t right = 0;
    for (const auto& [score, is_right] : scored) {
        const int at = std::clamp(static_cast<int>(score * kBins), 0, kBins - 1);
        Bin& bin = counted[static_cast<size_t>(at)];
        ++bin.n;
        bin.right += is_right;
        bin.sum += score;
        right += is_right;
    }
    Json rows = Json::array();
    double error = 0;
    for (int i = 0; i < kBins; ++i) {
        const Bin& bin = counted[static_cast<size_t>(i)];
        if (bin.n == 0) continue;
        const double mean = bin.sum / static_cast<double>(bin.n);
        const double share = static_cast<double>(bin.right) / static_cast<double>(bin.n);
        const Interval interval = wilson(bin.right, bin.n);
        error += std::abs(bin.sum - static_cast<double>(bin.right));
        rows.push_back({{"low", static_cast<double>(i) / kBins},
                        {"high", static_cast<double>(i + 1) / kBins},
                        {"n", bin.n},
                        {"right", bin.right},
                        {"mean", mean},
                        {"share", share},
                        {"interval", {interval.low, interval.high}}});
    }
    const auto n = static_cast<int64_t>(scored.size());
    return {{"n", n},
            {"right", right},
            {"error", n > 0 ? error / static_cast<double>(n) : 0},
            {"auc", train::area_under_curve(std::move(scored))},
            {"bins", rows}};
}

std::vector<std::pair<float, bool>> scored_outcomes(std::span<const Pool> pools, size_t scorer,
                                                    bool each_step, const search::World& world) {
    std::vector<std::pair<float, bool>> out;
    for (const Pool& pool : pools) {
        std::set<std::vector<std::string>> seen;
        for (const PoolSample& sample : pool.samples) {
            if (!sample.path.finished || !seen.insert(sample.path.steps).second) continue;
            const std::vector<float>& scores = sample.scores[scorer];
            if (!each_step) {
                out.emplace_back(scores.back(), sample.right);
                continue;
            }
            search::Path path{pool.problem, {}, false};
            for (size_t i = 0; i < scores.size(); ++i) {
                const bool final = i + 1 == scores.size();
                const std::string& step = sample.path.steps[i];
                const bool right = world.check_step(path, step, final) != search::Label::wrong;
                out.emplace_back(scores[i], right);
                if (!right) break;
                path.steps.push_back(step);
            }
        }
    }
    return out;
}

} // namespace qstar::eval
