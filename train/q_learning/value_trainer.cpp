#include "train/q_learning/value_trainer.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/range.h"
#include "engine/text/jsonl.h"
#include "search/models/stream.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

namespace {

std::string bound_of(const ValueOptions& options, const search::Space& space) {
    return options.bound.empty() ? search::best_bound(space) : options.bound;
}

engine::Mlp fresh(const ValueOptions& options, const search::Space& space, int64_t outputs) {
    return engine::Mlp({space.features(), options.width, options.blocks, outputs},
                       Random(seed_of(options), "value/init"));
}

double number(const std::map<std::string, std::string>& notes, const std::string& name,
              const std::string& path) {
    const auto note = notes.find(name);
    if (note == notes.end()) fail("{}: the note \"{}\" is missing", path, name);
    double value = 0;
    const char* end = note->second.data() + note->second.size();
    const auto [last, error] = std::from_chars(note->second.data(), end, value);
    if (error != std::errc() || last != end)
        fail("{}: the note \"{}\" must be a number, found \"{}\"", path, name, note->second);
    return value;
}

} // namespace

void describe(Flags& f, ValueOptions& o) {
    describe(f, static_cast<LoopOptions&>(o));
    f.text("world", o.puzzle.world, "puzzle: sliding, lights-out, cube2 or cube3");
    f.number("size", o.puzzle.size, 0, 40, "width of sliding (0: 4) and lights-out (0: 7)");
    f.number("compose", o.puzzle.compose, 1, 4,
             "cubes: products of up to so many turns are actions");
    f.text("moves", o.puzzle.moves, "cubes: a file of move tables instead of the turns");
    f.number("steps", o.steps, 1, most, "of gradient descent");
    f.number("width", o.width, 1, 100'000, "of the MLP");
    f.number("blocks", o.blocks, 0, 1000, "of the MLP, residual, two layers each");
    f.number("scramble", o.scramble, 0, 1'000'000,
             "moves from the goal, at most; 0: by the puzzle");
    f.choice("bound", o.bound, {"none", "manhattan", "walking-distance", "lights", "misplaced"},
             "lower bound that the network adds to: none, manhattan, walking-distance, lights, "
             "misplaced; empty: the puzzle's best")
        .or_empty();
    f.number("check-every", o.check_every, 1, most, "steps between two looks at the loss");
    f.number_above("target-loss", o.target_loss, 0, 1e9, "below it the target network is renewed");
    f.number("patience", o.patience, 1, most, "looks after which it is renewed in any case");
    f.text("name", o.name, "folder in the run; empty: the stage's name").quiet();
}

void record_inputs(Json& flags, const ValueOptions& options) {
    if (!options.puzzle.moves.empty()) flags["inputs"] = {{"moves", input(options.puzzle.moves)}};
}

int64_t default_scramble(const search::Space& space) {
    const std::string name = space.name();
    if (name.starts_with("sliding")) return name.starts_with("sliding 3") ? 100 : 500;
    if (name.starts_with("lights-out")) return space.actions();
    return name.starts_with("cube 2") ? 20 : 30;
}

ValueTrainer::ValueTrainer(const ValueOptions& options, Stage& stage, const search::Space& space,
                           int64_t outputs)
    : model(fresh(options, space, outputs)), target(model.clone()),
      model_value(space, model, bound_of(options, space)),
      target_value(space, target, bound_of(options, space)), options_(options), stage_(stage),
      seed_(seed_of(options)), space_(space), bound_(bound_of(options, space)),
      scramble_(options.scramble > 0 ? options.scramble : default_scramble(space)),
      optimiser_(model.parameters, adamw(options)) {
    if (options.precision == "bf16") tape.precision = engine::Precision::bf16;
    const std::string path = stage.path("state.safetensors");
    std::map<std::string, std::string> saved;
    if (engine::load_mlp_training(path, model, target, optimiser_, saved)) {
        step_ = static_cast<int64_t>(number(saved, "step", path));
        updates_ = static_cast<int64_t>(number(saved, "updates", path));
        checks_ = static_cast<int64_t>(number(saved, "checks", path));
        loss_sum_ = number(saved, "loss_sum", path);
        if (!options.quiet)
            fmt::print("{}: goes on after step {} of {}\n", stage.name(), step_, options.steps);
    }
    begin_ = step_;
    metrics_ = std::make_unique<MetricsLog>(stage.path("metrics.jsonl"), step_);
    progress_ =
        std::make_unique<Progress>(stage.name(), options.steps, "steps", step_, options.quiet);
}

bool ValueTrainer::running() const {
    const bool told_to_stop = options_.stop_after > 0 && step_ - begin_ >= options_.stop_after;
    return !finished() && !told_to_stop;
}

Random ValueTrainer::random(std::string_view what, int64_t row) const {
    const auto number = [](int64_t n) { return static_cast<uint64_t>(n); };
    return {seed_, search::derive_stream(search::derive_stream(hash_name(what), number(step_)),
                                         number(row))};
}

std::vector<uint8_t> ValueTrainer::scrambles(std::vector<int>* undo) const {
    const size_t bytes = space_.state_bytes();
    std::vector<uint8_t> states(static_cast<size_t>(options_.batch) * bytes);
    if (undo != nullptr) undo->resize(static_cast<size_t>(options_.batch));
    engine::parallel_for(options_.batch, 16, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            Random draw = random("value/scrambles", row);
            const auto moves =
                1 + static_cast<int64_t>(draw.below(static_cast<uint64_t>(scramble_)));
            const search::State state =
                search::scramble(space_, moves, draw,
                                 undo != nullptr ? &(*undo)[static_cast<size_t>(row)] : nullptr);
            std::copy(state.begin(), state.end(),
                      states.begin() + row * static_cast<int64_t>(bytes));
        }
    });
    return states;
}

engine::Var ValueTrainer::predict(const std::vector<uint8_t>& states) {
    const auto rows = static_cast<int64_t>(states.size() / space_.state_bytes());
    return engine::forward(tape, model, model_value.features(states.data(), rows));
}

engine::Var ValueTrainer::squared_error(engine::Var x, const engine::Tensor& y,
                                        const engine::Tensor& weight, double count) {
    const engine::Var difference = engine::sub(tape, x, tape.constant(y));
    const engine::Var square = engine::mul(tape, difference, difference);
    const engine::Var total = engine::sum(tape, engine::mul(tape, square, tape.constant(weight)));
    return engine::scale(tape, total, static_cast<float>(1 / count));
}

std::map<std::string, std::string> ValueTrainer::notes() const {
    return {{"step", std::to_string(step_)},
            {"updates", std::to_string(updates_)},
            {"checks", std::to_string(checks_)},
            {"loss_sum", fmt::format("{}", loss_sum_)}};
}

void ValueTrainer::end_step(engine::Var loss, Json metrics) {
    const float value = tape.value(loss)[0];
    if (!std::isfinite(value))
        fail("{}: the loss at step {} is {}: a smaller --lr may help", stage_.name(), step_, value);
    const auto peak = static_cast<float>(options_.lr);
    const float rate = engine::cosine_schedule(step_, options_.steps, options_.warmup, peak,
                                               peak * static_cast<float>(options_.lr_floor));
    const float norm = optimiser_.update(model.parameters, rate);
    if (!std::isfinite(norm))
        fail("{}: the gradient at step {} is {}: a smaller --lr may help", stage_.name(), step_,
             norm);
    Json line{{"loss", value}, {"lr", rate}, {"norm", norm}, {"updates", updates_}};
    line.update(metrics);
    metrics_->write(step_, line);
    ++step_;

    loss_sum_ += value;
    if (step_ % options_.check_every == 0) {
        ++checks_;
        const double mean = loss_sum_ / static_cast<double>(options_.check_every);
        loss_sum_ = 0;
        if (mean < options_.target_loss || checks_ >= options_.patience) {
            for (size_t i = 0; i < model.parameters.size(); ++i)
                std::copy_n(model.parameters[i].value.data(), model.parameters[i].value.size(),
                            target.parameters[i].value.data());
            ++updates_;
            checks_ = 0;
        }
    }
    if (step_ % options_.save_every == 0 || finished()) {
        metrics_->sync();
        engine::save_mlp_training(stage_.path("state.safetensors"), model, target, optimiser_,
                                  notes());
    }
    progress_->update(step_, fmt::format("loss {:.4f}, {} targets", value, updates_));
}

void ValueTrainer::finish(Json result) {
    progress_->finish();
    result["steps"] = step_;
    result["updates"] = updates_;
    auto metadata = search::value_metadata(space_, bound_);
    metadata["stage"] = stage_.name();
    engine::save_mlp(stage_.model(), model, metadata);
    stage_.finish(result);
}

} // namespace qstar::train
