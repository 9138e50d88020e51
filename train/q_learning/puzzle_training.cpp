#include "train/q_learning/puzzle_training.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/base/range.h"
#include "engine/nn/gradient_tree.h"
#include "engine/text/json.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

namespace {

// The notes of a state, which hold the step, too.
constexpr const char* kStepNote = "step";

TrainedModel trained_network(engine::Mlp& model, engine::Mlp* target, const search::Space& space,
                             const search::ValueForm& form, std::vector<std::string> wanted) {
    TrainedModel both;
    wanted.insert(wanted.begin(), kStepNote);
    both.parameters = {&model.parameters};
    both.metadata = search::value_metadata(space, form);
    both.save = [&model](const std::string& path, const auto& metadata) {
        engine::save_mlp(path, model, metadata);
    };
    both.save_state = [&model, target](const std::string& path,
                                       std::vector<engine::Optimiser>& optimisers,
                                       const engine::TrainingState& state) {
        auto notes = state.notes;
        notes[kStepNote] = std::to_string(state.step);
        engine::save_mlp_training(path, model, target, optimisers[0], notes);
    };
    both.load_state = [&model, target, wanted](const std::string& path,
                                               std::vector<engine::Optimiser>& optimisers,
                                               engine::TrainingState& state) {
        if (!engine::load_mlp_training(path, model, target, optimisers[0], state.notes))
            return false;
        for (const std::string& name : wanted)
            if (!state.notes.contains(name)) fail("{}: the note \"{}\" is missing", path, name);
        state.step = static_cast<int64_t>(number_of(state.notes[kStepNote], path, kStepNote));
        state.notes.erase(kStepNote);
        return true;
    };
    return both;
}

} // namespace

engine::Mlp fresh_network(const PuzzleTrainingOptions& options, const search::Space& space,
                          int64_t outputs, uint64_t seed) {
    return engine::Mlp({space.features(), options.width, options.blocks, outputs},
                       Random(seed, "value/init"));
}

search::ValueForm form_of(const PuzzleTrainingOptions& options, const search::Space& space) {
    return {options.bound.empty() ? search::best_bound(space) : options.bound, options.canonical};
}

void describe_training(Flags& f, PuzzleTrainingOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.text("world", o.puzzle.world, "puzzle: sliding, lights-out, cube2 or cube3")
        .offers(search::puzzle_names());
    f.number("size", o.puzzle.size, 0, 40, "width of sliding (0: 4) and lights-out (0: 7)");
    search::describe_cubes(f, o.puzzle).file();
    f.number("steps", o.steps, 1, kMost, "of gradient descent");
    f.number("width", o.width, 1, 100'000, "of the MLP");
    f.number("blocks", o.blocks, 0, 1000, "of the MLP, residual, two layers each");
    f.number("scramble", o.scramble, 0, 1'000'000,
             "moves from the goal, at most; 0: by the puzzle");
    f.choice("bound", o.bound, {"none", "manhattan", "walking-distance", "lights", "misplaced"},
             "lower bound that the network adds to: none, manhattan, walking-distance, lights, "
             "misplaced; empty: the puzzle's best")
        .or_empty();
    f.mark("canonical", o.canonical,
           "show the network one of a state's images under the puzzle's symmetries, always that "
           "which comes first")
        .only_if(o.canonical);
}

void describe_name(Flags& f, PuzzleTrainingOptions& o) {
    f.text("name", o.name, "folder in the run; empty: the stage's name").quiet();
}

void record_inputs(Json& flags, const PuzzleTrainingOptions& options) {
    const std::string moves = search::moves_file(options.puzzle);
    if (!moves.empty()) flags["inputs"] = {{"moves", input(moves)}};
}

int64_t default_scramble(const search::Space& space) {
    const std::string name = space.name();
    if (name.starts_with("sliding")) return name.starts_with("sliding 3") ? 100 : 500;
    if (name.starts_with("lights-out")) return space.actions();
    return name.starts_with("cube 2") ? 20 : 30;
}

PuzzleTraining::PuzzleTraining(const PuzzleTrainingOptions& options, Stage& stage,
                               const search::Space& space, engine::Mlp& model_, engine::Mlp* target,
                               const std::vector<std::string>& notes)
    : model(model_), model_value(space, model, form_of(options, space)),
      trainer(options.loop, stage,
              trained_network(model, target, space, form_of(options, space), notes), options.steps),
      loop_(options.loop), seed_(stage.seed()), space_(space),
      scramble_(options.scramble > 0 ? options.scramble : default_scramble(space)) {}

Random PuzzleTraining::random(std::string_view what, int64_t row) const {
    const auto number = [](int64_t n) { return static_cast<uint64_t>(n); };
    return {seed_,
            derive_stream(derive_stream(hash_name(what), number(trainer.step())), number(row))};
}

std::vector<uint8_t> PuzzleTraining::scrambles(std::vector<Scramble>* known) const {
    const size_t bytes = space_.state_bytes();
    std::vector<uint8_t> states(static_cast<size_t>(loop_.batch) * bytes);
    if (known != nullptr) known->resize(static_cast<size_t>(loop_.batch));
    engine::parallel_for(loop_.batch, 16, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            Random draw = random("value/scrambles", row);
            Scramble here;
            here.moves = 1 + static_cast<int64_t>(draw.below(static_cast<uint64_t>(scramble_)));
            const search::State state = search::scramble(space_, here.moves, draw, &here.undo);
            if (known != nullptr) (*known)[static_cast<size_t>(row)] = here;
            std::copy(state.begin(), state.end(),
                      states.begin() + row * static_cast<int64_t>(bytes));
        }
    });
    return states;
}

double PuzzleTraining::squared_error(const std::vector<uint8_t>& states,
                                     const std::vector<float>& y, const std::vector<float>& weight,
                                     double count) {
    const auto bytes = static_cast<int64_t>(space_.state_bytes());
    const int64_t all = std::ssize(states) / bytes, outputs = model.config.outputs;
    const int64_t leaves = trainer.tape.device().computes_on_calling_thread()
                               ? engine::leaves_of(all, engine::kMlpRows, model.parameter_count())
                               : 1;
    model.zero_grad();
    double loss = 0;
    engine::gradient_in_tree(
        trainer.tape, model.parameters, all, leaves, {&loss, 1},
        [&](engine::Tape& tape, int64_t first, int64_t rows, std::span<double> shares) {
            tape.reset();
            std::vector<int> images;
            const engine::Bags features =
                model_value.features(states.data() + first * bytes, rows, images);
            // What is said of actions, in the order of the outputs that speak of them.
            const auto part = [&](const std::vector<float>& numbers) {
                const engine::Tensor of = tape.allocate({rows, outputs});
                for (int64_t i = 0; i < rows; ++i)
                    for (int64_t action = 0; action < outputs; ++action)
                        of.data()[i * outputs +
                                  model_value.output_of(action, images[static_cast<size_t>(i)])] =
                            numbers[static_cast<size_t>((first + i) * outputs + action)];
                return tape.constant(of);
            };
            const engine::Var to = part(y), weights = part(weight);
            const engine::Var x = engine::forward(tape, model, features);
            const engine::Var difference = engine::sub(tape, x, to);
            const engine::Var square = engine::mul(tape, difference, difference);
            const engine::Var total = engine::sum(tape, engine::mul(tape, square, weights));
            const engine::Var share = engine::scale(tape, total, static_cast<float>(1 / count));
            tape.backward(share);
            shares[0] = double{tape.value(share)[0]};
        });
    return loss;
}

Metrics PuzzleTraining::update(double loss) {
    // The cosine's end as a product of floats, for runs of before to go on with the same bytes.
    const auto peak = static_cast<float>(loop_.lr);
    return trainer.update(static_cast<float>(loss),
                          {peak, peak * static_cast<float>(loop_.lr_floor)});
}

} // namespace qstar::train
