#include "train/q_learning/davi.h"

#include "engine/text/jsonl.h"
#include "train/run/memory.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

// y(s) for each state, by one step of looking ahead.
std::vector<float> targets(const search::Space& space, ValueIteration& values,
                           const std::vector<uint8_t>& states) {
    const search::Children children = search::children_of(space, states);
    const std::vector<float> h = values.target_cost(children.states);
    const size_t bytes = space.state_bytes(), n = states.size() / bytes;
    std::vector<float> y(n, INFINITY);
    for (size_t i = 0; i < h.size(); ++i) {
        float& best = y[static_cast<size_t>(children.parent[i])];
        best = std::min(best, 1 + h[i]);
    }
    for (size_t i = 0; i < n; ++i)
        if (space.solved(states.data() + i * bytes)) y[i] = 0;
    return y;
}

} // namespace

Outcome davi(const ValueOptions& options) {
    check(flags_of(options));
    const PuzzleTrainingOptions& o = options.training;
    check_trains(o.loop, "davi", Learner::begins_at_random);
    const std::unique_ptr<search::Space> space = search::make_space(o.puzzle);
    const std::string name = o.name.empty() ? "davi" : o.name;
    check_name("davi", name);
    require_memory(o.stage, name, engine::MlpConfig{space->features(), o.width, o.blocks, 1},
                   o.loop.batch);
    Json flags = stage_record(options);
    record_inputs(flags, o);
    Stage stage(o.stage, name, flags);
    if (stage.done()) return Outcome::finished;

    ValueIteration values(options, stage, *space, fresh_network(o, *space, 1, stage.seed()));
    Trainer& trainer = values.trainer;
    while (trainer.running()) {
        // Step 1: states, scrambled from the goal.
        const std::vector<uint8_t> states = values.scrambles();
        const int64_t n = o.loop.batch;
        // Step 2: their targets by the target network.
        const std::vector<float> y = targets(*space, values, states);
        // Step 3: a step of gradient descent on (y - h)^2; the network's part of h is what the
        // bound lacks.
        std::vector<float> rest(y.size());
        values.target_value.bounds(states.data(), n, rest.data());
        double mean = 0;
        for (size_t i = 0; i < y.size(); ++i) {
            rest[i] = y[i] - rest[i];
            mean += y[i] / static_cast<double>(n);
        }
        const double loss = values.squared_error(states, rest, std::vector(rest.size(), 1.0f),
                                                 static_cast<double>(n));
        // Step 4: when the loss is small, the target network becomes the network.
        values.end_step(loss, {{"mean_target", mean}});
    }
    return trainer.stopped() ? Outcome::stopped : values.finish();
}

} // namespace qstar::train
