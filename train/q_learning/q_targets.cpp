#include "train/q_learning/q_targets.h"

#include "engine/base/elementary.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace qstar::train {

namespace {

// What came of a step: of all roll-outs through it, as often as they were drawn.
struct Returns {
    double sum = 0, count = 0, best = 0;
};

// For each step of each roll-out, value_of(what came of the path up to it).
template <typename Value>
StepValues returns_of(std::span<const Rollout> rollouts, double discount, Value value_of) {
    std::map<std::string, Returns> returns; // by the path up to the step
    const auto each = [&](const Rollout& rollout, auto use) {
        search::Path path{rollout.path.problem, {}, false};
        for (const std::string& step : rollout.path.steps) {
            path.steps.push_back(step);
            path.finished = rollout.path.finished && path.steps.size() == rollout.path.steps.size();
            use(returns[text_of(path)], path.steps.size());
        }
    };
    for (const Rollout& rollout : rollouts)
        each(rollout, [&](Returns& of, size_t steps) {
            const auto left = static_cast<int64_t>(rollout.path.steps.size() - steps);
            const double reward = rollout.right ? math::power(discount, left) : 0;
            const auto count = static_cast<double>(rollout.count);
            of.sum += count * reward;
            of.count += count;
            of.best = std::max(of.best, reward);
        });
    StepValues values(rollouts.size());
    for (size_t i = 0; i < rollouts.size(); ++i)
        each(rollouts[i], [&](const Returns& of, size_t) {
            values[i].push_back(static_cast<float>(value_of(of)));
        });
    return values;
}

} // namespace

StepValues monte_carlo_returns(std::span<const Rollout> rollouts, double discount) {
    return returns_of(rollouts, discount, [](const Returns& of) { return of.sum / of.count; });
}

StepValues best_returns(std::span<const Rollout> rollouts, double discount) {
    return returns_of(rollouts, discount, [](const Returns& of) { return of.best; });
}

StepValues fitted_q_targets(std::span<const Rollout> rollouts, search::Scorer* target,
                            double discount) {
    // All next steps of all states, each once, in one batch.
    std::vector<search::Path> paths;
    std::map<std::string, size_t> number; // text -> its path
    std::vector<std::vector<std::vector<size_t>>> next(rollouts.size());
    for (size_t i = 0; i < rollouts.size(); ++i) {
        search::Path state{rollouts[i].path.problem, {}, false};
        for (size_t step = 0; step < rollouts[i].path.steps.size(); ++step) {
            state.steps.push_back(rollouts[i].path.steps[step]);
            next[i].emplace_back();
            for (const NextStep& action : rollouts[i].next[step]) {
                search::Path path = state;
                path.steps.push_back(action.text);
                path.finished = action.final;
                const auto [at, is_new] = number.try_emplace(text_of(path), paths.size());
                if (is_new) paths.push_back(std::move(path));
                next[i].back().push_back(at->second);
            }
        }
    }
    std::vector<float> q(paths.size(), 0.0f);
    if (target != nullptr && !paths.empty()) {
        const std::vector<search::Scores> scores = target->score(paths);
        for (size_t i = 0; i < paths.size(); ++i) q[i] = scores[i].steps.back();
    }

    StepValues values(rollouts.size());
    for (size_t i = 0; i < rollouts.size(); ++i) {
        for (size_t step = 0; step < next[i].size(); ++step) {
            const bool last = step + 1 == next[i].size();
            const double reward = last && rollouts[i].right ? 1 : 0;
            double best = 0;
            for (const size_t action : next[i][step])
                best = std::max(best, static_cast<double>(q[action]));
            values[i].push_back(static_cast<float>(reward + discount * best));
        }
    }
    return values;
}

} // namespace qstar::train
