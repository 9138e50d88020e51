#include "train/q_learning/deep_q.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/text/jsonl.h"
#include "train/run/memory.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace qstar::train {

namespace {

// Up to `each` different legal actions of a state: first the one that takes the scramble's last
// move back, which leads towards the goal more often than any other, then random ones.
std::vector<int> draw_actions(const search::Space& space, const uint8_t* state, int undo,
                              int64_t each, Random random) {
    std::vector<int> legal;
    for (int action = 0; action < space.actions(); ++action)
        if (action != undo && space.legal(state, action)) legal.push_back(action);
    const size_t count = std::min(legal.size(), static_cast<size_t>(each - 1));
    for (size_t i = 0; i < count; ++i)
        std::swap(legal[i], legal[i + static_cast<size_t>(random.below(legal.size() - i))]);
    legal.resize(count);
    legal.push_back(undo);
    return legal;
}

// All of a network but its output is the teacher's, where both have one shape and are shown the
// same images, and every action begins with the teacher's value of the state: what is left to
// learn is what an action changes.
void begin_as(engine::Mlp& network, const engine::Mlp& teacher) {
    const engine::MlpConfig &own = network.config, &its = teacher.config;
    if (own.width != its.width || own.blocks != its.blocks) return;
    const size_t hidden = network.parameters.size() - 2; // then out.weight and out.bias
    for (size_t i = 0; i < network.parameters.size(); ++i) {
        float* to = network.parameters[i].value.data();
        const float* from = teacher.parameters[i].value.data();
        const int64_t numbers = teacher.parameters[i].value.size();
        const int64_t copies = i < hidden ? 1 : own.outputs / its.outputs;
        for (int64_t n = 0; n < numbers; ++n) std::fill_n(to + n * copies, copies, from[n]);
    }
}

} // namespace

void describe(Flags& f, DeepQOptions& o) {
    describe(f, o.value);
    f.number("each", o.each, 1, kMost, "actions of each state that are learned from");
    f.text("teacher", o.teacher,
           "stage of the run whose value network says what a child costs, instead of the target "
           "network: davi, walk")
        .only_if(!o.teacher.empty());
}

Outcome deep_q(const DeepQOptions& options) {
    check(flags_of(options));
    const PuzzleTrainingOptions& o = options.value.training;
    check_trains(o.loop, "deep-q", Learner::begins_at_random);
    const std::unique_ptr<search::Space> space = search::make_space(o.puzzle);
    const std::string name = o.name.empty() ? "deep-q" : o.name;
    check_name("deep-q", name);
    Json flags = stage_record(options);
    record_inputs(flags, o);
    const std::string& run = o.stage.run;
    std::unique_ptr<search::ValueModel> teacher;
    if (!options.teacher.empty()) {
        const std::string file = model_path(run, options.teacher);
        require(run, options.teacher, file);
        flags["inputs"]["teacher"] = input(file);
        teacher = std::make_unique<search::ValueModel>(*space, file);
    }
    require_memory(o.stage, name,
                   engine::MlpConfig{space->features(), o.width, o.blocks, space->actions()},
                   o.loop.batch);
    Stage stage(o.stage, name, flags);
    if (stage.done()) return Outcome::finished;

    const size_t bytes = space->state_bytes();
    const int64_t actions = space->actions(), n = o.loop.batch;
    engine::Mlp first = fresh_network(o, *space, actions, stage.seed());
    if (teacher && teacher->canonical() == o.canonical) begin_as(first, teacher->network());
    ValueIteration values(options.value, stage, *space, std::move(first));
    Trainer& trainer = values.trainer;
    while (trainer.running()) {
        // Step 1: states, scrambled from the goal, and some actions of each.
        std::vector<Scramble> known;
        const std::vector<uint8_t> states = values.scrambles(&known);
        std::vector<uint8_t> children;
        std::vector<int64_t> place; // of (state, action) in the network's output
        for (int64_t i = 0; i < n; ++i) {
            const uint8_t* state = states.data() + static_cast<size_t>(i) * bytes;
            for (const int action :
                 draw_actions(*space, state, known[static_cast<size_t>(i)].undo, options.each,
                              values.random("deep-q/actions", i))) {
                children.insert(children.end(), state, state + bytes);
                space->apply(children.data() + children.size() - bytes, action);
                place.push_back(i * actions + action);
            }
        }
        // Step 2: their targets by the target network or the teacher; at the goal both say 0.
        const std::vector<float> next =
            values.cost(teacher ? *teacher : values.target_value, children);
        // Step 3: a step of gradient descent on (y - Q)^2 at those actions.
        std::vector<float> lower(static_cast<size_t>(n));
        values.target_value.bounds(states.data(), n, lower.data());
        std::vector<float> rest(static_cast<size_t>(n * actions)), weight(rest.size());
        double mean = 0;
        for (size_t i = 0; i < place.size(); ++i) {
            const auto at = static_cast<size_t>(place[i]);
            rest[at] = 1 + next[i] - lower[at / static_cast<size_t>(actions)];
            weight[at] = 1;
            mean += (1 + next[i]) / static_cast<double>(place.size());
        }
        const double loss =
            values.squared_error(states, rest, weight, static_cast<double>(place.size()));
        // Step 4: when the loss is small, the target network becomes the network.
        values.end_step(loss, {{"mean_target", mean}});
    }
    return trainer.stopped() ? Outcome::stopped : values.finish();
}

} // namespace qstar::train
