#include "train/expert_iteration/confirm.h"

#include "train/data/searched.h"

#include <algorithm>
#include <map>
#include <string>

namespace qstar::train {

std::vector<CuratedItem> confirm(std::span<const SampledSolution> searched,
                                 std::span<const Rollout> rollouts, const RightAnswer& right_answer,
                                 int64_t keep) {
    std::vector<std::string> order; // problems as they come
    std::map<std::string, std::vector<const std::vector<std::string>*>> right;
    const auto offer = [&](const std::string& problem, const std::vector<std::string>& steps) {
        const auto [at, is_new] = right.try_emplace(problem);
        if (is_new) order.push_back(problem);
        const bool known = std::any_of(at->second.begin(), at->second.end(),
                                       [&](const auto* other) { return *other == steps; });
        if (!known && static_cast<int64_t>(at->second.size()) < keep) at->second.push_back(&steps);
    };
    for (const SampledSolution& solution : searched)
        if (teachable(solution) && right_answer({solution.problem, solution.steps, true}))
            offer(solution.problem, solution.steps);
    std::vector<const Rollout*> often;
    for (const Rollout& rollout : rollouts)
        if (rollout.right && teachable({rollout.path.problem, rollout.path.steps, true}))
            often.push_back(&rollout);
    std::stable_sort(often.begin(), often.end(),
                     [](const Rollout* a, const Rollout* b) { return a->count > b->count; });
    for (const Rollout* rollout : often) offer(rollout->path.problem, rollout->path.steps);
    std::vector<CuratedItem> items;
    for (const std::string& problem : order)
        for (const auto* steps : right[problem]) items.push_back({problem, *steps});
    return items;
}

} // namespace qstar::train
