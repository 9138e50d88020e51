#include "train/q_learning/walk.h"

#include "engine/text/jsonl.h"
#include "train/run/memory.h"

#include <memory>
#include <string>
#include <vector>

namespace qstar::train {

void describe(Flags& f, WalkOptions& o) {
    describe_training(f, o.training);
    f.mark("q", o.q, "rate all actions of a state at once").only_if(o.q);
    describe_name(f, o.training);
}

Outcome walk(const WalkOptions& options) {
    check(flags_of(options));
    const PuzzleTrainingOptions& o = options.training;
    check_trains(o.loop, "walk", Learner::begins_at_random);
    const std::unique_ptr<search::Space> space = search::make_space(o.puzzle);
    const std::string name = o.name.empty() ? "walk" : o.name;
    check_name("walk", name);
    const int64_t n = o.loop.batch, outputs = options.q ? space->actions() : 1;
    require_memory(o.stage, name, engine::MlpConfig{space->features(), o.width, o.blocks, outputs},
                   n);
    Json flags = stage_record(options);
    record_inputs(flags, o);
    Stage stage(o.stage, name, flags);
    if (stage.done()) return Outcome::finished;

    engine::Mlp network = fresh_network(o, *space, outputs, stage.seed());
    PuzzleTraining training(o, stage, *space, network);
    Trainer& trainer = training.trainer;
    std::vector<Scramble> known;
    std::vector<float> lower(static_cast<size_t>(n));
    std::vector<float> rest(static_cast<size_t>(n * outputs)), weight(rest.size());
    while (trainer.running()) {
        // Step 1: states, each by a walk of its own from the goal.
        const std::vector<uint8_t> states = training.scrambles(&known);
        // Step 2: what the walk's length has more than the bound, which the network adds to.
        training.model_value.bounds(states.data(), n, lower.data());
        int64_t count = 0;
        for (int64_t i = 0; i < n; ++i) {
            const auto row = static_cast<size_t>(i);
            const uint8_t* state = states.data() + row * space->state_bytes();
            const auto k = static_cast<float>(known[row].moves);
            for (int64_t a = 0; a < outputs; ++a) {
                const int action = static_cast<int>(a);
                const auto at = static_cast<size_t>(i * outputs + a);
                const float y = !options.q ? k : action == known[row].undo ? k : k + 2;
                const bool learns = !options.q || space->legal(state, action);
                rest[at] = y - lower[row];
                weight[at] = learns ? 1.0f : 0.0f;
                count += learns;
            }
        }
        // Step 3: a step of gradient descent on the squared error.
        const double loss =
            training.squared_error(states, rest, weight, static_cast<double>(count));
        trainer.end_step(training.update(loss));
    }
    if (trainer.stopped()) return Outcome::stopped;
    return trainer.finish(
        Json{{"parameters", network.parameter_count()}, {"examples", o.steps * n}});
}

} // namespace qstar::train
