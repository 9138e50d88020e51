#include "train/run/trainer.h"

#include "engine/base/error.h"
#include "engine/base/process.h"
#include "engine/device/device.h"
#include "engine/device/require_memory.h"
#include "engine/nn/gpt_memory.h"
#include "engine/nn/lora.h"
#include "engine/optim/schedule.h"
#include "engine/text/jsonl.h"

#include <cmath>
#include <fmt/core.h>
#include <vector>

namespace qstar::train {

bool by_muon(const LoopOptions& options) { return options.optimizer == "muon"; }

engine::OptimiserConfig optimiser(const LoopOptions& options) {
    engine::OptimiserConfig config;
    config.adamw.beta1 = static_cast<float>(options.beta1);
    config.adamw.beta2 = static_cast<float>(options.beta2);
    config.adamw.weight_decay = static_cast<float>(options.weight_decay);
    config.adamw.clip = static_cast<float>(options.clip);
    if (by_muon(options))
        config.muon = engine::MuonConfig{.momentum = static_cast<float>(options.muon_momentum),
                                         .weight_decay = static_cast<float>(options.muon_decay)};
    return config;
}

void describe(Flags& f, LoopOptions& o) {
    f.number("batch", o.batch, 1, 1'000'000, "sequences a step");
    f.number("lr", o.lr, 0, 10, "learning rate at its peak");
    f.number("lr-floor", o.lr_floor, 0, 1, "share of the peak at the end of the cosine");
    f.number("warmup", o.warmup, 0, kMost, "steps of the linear warm-up");
    f.number("weight-decay", o.weight_decay, 0, 100, "of AdamW, on matrices");
    f.number("beta1", o.beta1, 0, 0.999999, "of AdamW");
    f.number("beta2", o.beta2, 0, 0.999999, "of AdamW");
    f.number("clip", o.clip, 0, kMost, "bound of the gradient's norm; 0: none");
    f.choice("optimizer", o.optimizer, {"adamw", "muon"},
             "adamw, or muon for the hidden matrices and AdamW for the rest")
        .only_if(o.optimizer != "adamw");
    f.number("muon-lr", o.muon_lr, 0, 10, "learning rate of Muon at its peak").only_if(by_muon(o));
    f.number("muon-decay", o.muon_decay, 0, 100, "weight decay of Muon").only_if(by_muon(o));
    f.number("muon-momentum", o.muon_momentum, 0, 0.999999, "of Muon; less for few steps")
        .only_if(by_muon(o) && o.muon_momentum != LoopOptions().muon_momentum);
    f.choice("schedule", o.schedule, {"cosine", "linear"},
             "of the learning rate: a cosine, or constant with a linear cool-down")
        .only_if(o.schedule != "cosine");
    f.number_above("cooldown", o.cooldown, 0, 1, "share of the steps of the linear cool-down")
        .only_if(o.schedule == "linear");
    f.choice("precision", o.precision, {"fp32", "bf16"},
             "of the products: fp32, or bf16 with sums in fp32")
        .only_if(o.precision != "fp32");
    f.text("trains", o.trains,
           "all, or of a model too large for that: lora:RANK (wants ten times the --lr), or head, "
           "that of a reward model, whose trunk then stays shared")
        .only_if(o.trains != "all");
    f.number("save-every", o.save_every, 1, kMost, "steps between two saved states").quiet();
    f.number("stop-after", o.stop_after, 0, kMost,
             "leave off after so many steps of this call; 0: never")
        .quiet();
}

namespace {

// What the optimisers keep, and the gradients, of all that is trained.
std::vector<engine::Optimiser> first_optimisers(const LoopOptions& options, const Stage& stage,
                                                const TrainedModel& model) {
    int64_t numbers = 0;
    const engine::OptimiserConfig config = optimiser(options);
    for (const auto* parameters : model.parameters) {
        for (const engine::Parameter& p : *parameters)
            if (!p.frozen) numbers += p.value.size(); // gradients
        numbers += engine::optimiser_numbers(*parameters, config);
    }
    engine::require_memory(
        4 * numbers,
        fmt::format("{}: training, beside the weights, with gradients and {},", stage.name(),
                    by_muon(options) ? "Muon's momentum" : "AdamW's two moments"),
        "a smaller model takes less");
    std::vector<engine::Optimiser> optimisers;
    for (const auto* parameters : model.parameters) optimisers.emplace_back(*parameters, config);
    return optimisers;
}

// Until a parameter has had its first gradient the optimiser leaves it alone; from then on a batch
// that says nothing of it (no label is in it) is a gradient of zeros. Which have had none yet is
// thus part of the state: a note of "0:NAME 1:NAME", with the number of the list.
constexpr const char* kWithoutGradient = "without gradient";

std::string without_gradient(const TrainedModel& model) {
    std::string names;
    for (size_t list = 0; list < model.parameters.size(); ++list)
        for (const engine::Parameter& p : *model.parameters[list])
            if (!p.frozen && p.grad.empty())
                names += fmt::format("{}{}:{}", names.empty() ? "" : " ", list, p.name);
    return names;
}

void give_gradients(const TrainedModel& model, const std::string& without) {
    const std::string known = " " + without + " ";
    for (size_t list = 0; list < model.parameters.size(); ++list)
        for (engine::Parameter& p : *model.parameters[list])
            if (!p.frozen && known.find(fmt::format(" {}:{} ", list, p.name)) == known.npos)
                p.grad = engine::Tensor::zeros(p.value.shape(), p.value.device());
}

} // namespace

void choose_trained(const LoopOptions& options, const Stage& stage, engine::Gpt& model,
                    int64_t base_layers) {
    train_only(model, engine::trains_named(options.trains), Random(stage.seed(), "lora"),
               base_layers);
}

void check_trains(const LoopOptions& options, const std::string& stage, Learner model) {
    const engine::Trains::What what = engine::trains_named(options.trains).what;
    if (model == Learner::begins_at_random && what != engine::Trains::all)
        fail("{}: --trains {}: what begins with random numbers is trained whole: expected all",
             stage, options.trains);
    if (model == Learner::writes && what == engine::Trains::head)
        fail("{}: --trains head: a model that writes has no scalar head to train: expected all, "
             "or lora: and a rank",
             stage);
}

Schedule schedule(const LoopOptions& options, double peak) {
    return {static_cast<float>(peak), static_cast<float>(peak * options.lr_floor)};
}

Trainer::Trainer(const LoopOptions& options, Stage& stage, TrainedModel model, int64_t steps)
    : options_(options), stage_(stage), model_(std::move(model)), steps_(steps),
      optimisers_(first_optimisers(options, stage, model_)) {
    describe("stage", stage.name());
    if (options.precision == "bf16") {
        tape.precision = engine::Precision::bf16;
        if (!engine::device().has_bf16() && !stage.quiet()) {
            const bool on_cpu = engine::device().is_host();
            fmt::print(
                "{}: {} multiplies no bf16 numbers, so its products are fp32\n", stage.name(),
                on_cpu ? "this processor (neither AMX nor AVX512_BF16)" : engine::device().name());
        }
    }
    const std::string path = stage.path("state.safetensors");
    if (model_.load_state(path, optimisers_, state_) && state_.step > 0) {
        give_gradients(model_, state_.notes[kWithoutGradient]);
        state_.notes.erase(kWithoutGradient);
        if (!stage.quiet())
            fmt::print("{}: goes on after step {} of {}\n", stage.name(), state_.step, steps);
    }
    begin_ = state_.step;
    metrics_ = std::make_unique<MetricsLog>(stage.path("metrics.jsonl"), state_.step);
    progress_ =
        std::make_unique<Progress>(stage.name(), steps, "steps", state_.step, stage.quiet());
}

bool Trainer::running() const {
    const bool stop = options_.stop_after > 0 && state_.step - begin_ >= options_.stop_after;
    return state_.step < steps_ && !stop;
}

Metrics Trainer::update(double loss) { return update(loss, schedule(options_, options_.lr)); }

float Trainer::rate(const Schedule& by) const {
    if (options_.schedule == "linear")
        return engine::linear_schedule(state_.step, steps_, options_.warmup, options_.cooldown,
                                       by.peak, by.floor);
    return engine::cosine_schedule(state_.step, steps_, options_.warmup, by.peak, by.floor);
}

Metrics Trainer::update(double loss, const Schedule& by, size_t list) {
    const auto value = static_cast<float>(loss);
    if (!std::isfinite(value))
        fail("{}: the loss at step {} is {}: a smaller --lr may help", stage_.name(), state_.step,
             value);
    const float of_adamw = rate(by), of_muon = rate(schedule(options_, options_.muon_lr));
    const float norm = optimisers_[list].update(*model_.parameters[list], of_adamw, of_muon);
    if (!std::isfinite(norm))
        fail("{}: the gradient at step {} is {}: a smaller --lr may help", stage_.name(),
             state_.step, norm);
    return {{"loss", value}, {"lr", of_adamw}, {"norm", norm}};
}

double Trainer::recall(const std::string& name, double otherwise) const {
    const auto note = state_.notes.find(name);
    if (note == state_.notes.end()) return otherwise;
    return number_of(note->second, stage_.name() + ": the saved state", name);
}

void Trainer::remember(const std::string& name, double value) {
    state_.notes[name] = fmt::format("{}", value); // the shortest text that reads back exactly
}

void Trainer::end_step(const Metrics& metrics, const std::string& note) {
    // First the line, then the state: a kill in between leaves a line too many, which
    // the log drops when the run goes on.
    metrics_->write(state_.step, json_of(metrics));
    ++state_.step;
    if (state_.step % options_.save_every == 0 || state_.step == steps_) {
        metrics_->sync();
        if (const std::string names = without_gradient(model_); !names.empty())
            state_.notes[kWithoutGradient] = names;
        else
            state_.notes.erase(kWithoutGradient);
        model_.save_state(stage_.path("state.safetensors"), optimisers_, state_);
    }
    progress_->update(state_.step,
                      !note.empty() ? note : fmt::format("loss {:.3f}", metrics.number("loss")));
    if (options_.each_step) options_.each_step(state_.step, steps_, metrics);
}

void Trainer::expect_memory(const engine::GptConfig& config, int64_t batch, int64_t time) {
    const engine::MemoryPlan plan = engine::training_memory(config, batch, time, by_muon(options_),
                                                            engine::trains_named(options_.trains));
    engine::require_memory(
        plan.total() - plan.weights - plan.moments,
        fmt::format("{}: a step with {} sequences of {} tokens", stage_.name(), batch, time),
        "a smaller --batch takes less");
    if (stage_.quiet() || !engine::device().uses_process_memory()) return;
    engine::begin_peak();
    const int64_t now = engine::process_memory().resident; // weights and moments are in it
    if (now == 0) return;                                  // the system does not say
    other_memory_ = now - plan.weights - plan.moments;
    expected_memory_ = other_memory_ + plan.total();
}

Outcome Trainer::finish(Json result) {
    progress_->finish();
    if (expected_memory_ > 0) {
        constexpr double kMib = 1 << 20;
        fmt::print(
            "{}: {:.0f} MiB of memory at the peak; {:.0f} were expected, of which {:.0f} are "
            "the program and what it has read\n",
            stage_.name(), static_cast<double>(engine::process_memory().peak) / kMib,
            static_cast<double>(expected_memory_) / kMib,
            static_cast<double>(other_memory_) / kMib);
    }
    result["steps"] = steps_;
    model_.save(stage_.model(), model_.metadata);
    stage_.finish(result);
    return Outcome::finished;
}

} // namespace qstar::train
