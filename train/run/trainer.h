#pragma once
// What every training loop does beside its algorithm: going on where it stopped,
// the learning rate, metrics, saving, the progress bar.
//
// The loop itself stands in each stage's file:
//
//   engine::Gpt model = ...;                    // fresh
//   Trainer trainer(options, stage, trained(model, run, from), steps);
//   while (trainer.running()) {
//       model.zero_grad();
//       double loss = next_token_gradient(...); // of the batch of trainer.step(), or
//                                               // batch_gradient(...) for another loss
//       Metrics metrics = trainer.update(loss); // clip, optimiser, schedule
//       trainer.end_step(metrics);              // log, save, show
//   }
//   if (trainer.stopped()) return Outcome::stopped;
//   return trainer.finish(result);
//
// A batch is a pure function of (seed, step), so the state of a run is the weights,
// the moments and the step; a run killed at any moment ends with the same bytes.

#include "engine/autograd/ops.h"
#include "engine/io/progress.h"
#include "engine/text/metrics.h"
#include "train/run/metrics.h"
#include "train/run/stage.h"
#include "train/run/trained_model.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

// The flags that all training stages share.
struct LoopOptions {
    int64_t batch = 16;
    double lr = 1e-3;      // peak
    double lr_floor = 0.1; // share of the peak at the end
    int64_t warmup = 100;  // steps
    double weight_decay = 0.1;
    double beta1 = 0.9, beta2 = 0.95;
    double clip = 1.0;
    std::string optimizer = "adamw"; // or muon: of the hidden matrices, AdamW of all others
    double muon_lr = 0.02;           // peak
    double muon_decay = 0.1;
    double muon_momentum = 0.95;     // less learns faster where the steps are few (eval/LOG.md)
    std::string schedule = "cosine"; // or linear: constant, then a straight line
    double cooldown = 0.4;           // share of the steps on that line
    std::string precision = "fp32";  // of the products; bf16: operands rounded, sums in fp32
    std::string trains = "all";      // of a GPT; or its head, or lora:RANK (nn/lora.h)
    int64_t save_every = 200;        // steps
    int64_t stop_after = 0;          // leave off after so many steps of this call; 0: never
    // Called after each step, for whoever watches (eval/serve); what it throws ends the stage,
    // which goes on from its last saved state when it is called again.
    std::function<void(int64_t step, int64_t steps, const Metrics& metrics)> each_step = {};
};

void describe(Flags& f, LoopOptions& o);
engine::OptimiserConfig optimiser(const LoopOptions& options);
bool by_muon(const LoopOptions& options);

// Leaves of the model what options.trains says to be trained, before a Trainer is made. Blocks from
// `base_layers` on are new: trained whole beside adapters. Error where there is nothing to train.
void choose_trained(const LoopOptions& options, const Stage& stage, engine::Gpt& model,
                    int64_t base_layers);
// The same before anything is begun, by what the stage's model is.
enum class Learner { begins_at_random, writes, scores };
void check_trains(const LoopOptions& options, const std::string& stage, Learner model);

// The learning rate's peak, and where it ends.
struct Schedule {
    float peak, floor;
};
Schedule schedule(const LoopOptions& options, double peak);

class Trainer {
  public:
    // Takes up the stage's state.safetensors if it is there, else starts from the model as it is.
    // The stage and the model must outlive it.
    Trainer(const LoopOptions& options, Stage& stage, TrainedModel model, int64_t steps);

    engine::Tape tape;

    int64_t step() const { return state_.step; } // steps done
    bool running() const; // until all steps are done, or options.stop_after of this call
    bool stopped() const { return state_.step < steps_; } // after the loop: it goes on later

    // One step of the optimiser with the gradients that stand in the model. Error if the loss is no
    // finite number. Gives "loss", "lr" and "norm".
    Metrics update(double loss);
    // The same of one of the model's lists of parameters, by a schedule of its own.
    Metrics update(double loss, const Schedule& by, size_t list = 0);
    // A number that a stage carries from step to step, and over a kill.
    double recall(const std::string& name, double otherwise) const;
    void remember(const std::string& name, double value);
    // Writes the metrics' line and, every save_every steps, the state. The progress bar
    // shows `note`, or the loss.
    void end_step(const Metrics& metrics, const std::string& note = "");
    // A word about the model, in its file's metadata.
    void describe(const std::string& name, std::string_view word) { model_.metadata[name] = word; }
    // For stages whose steps are next_token_gradient() of so many sequences of at most `time`
    // tokens: finish() says how much memory the process took at its peak, beside what was to
    // be expected before the first step (nn/gpt_memory.h).
    void expect_memory(const engine::GptConfig& config, int64_t batch, int64_t time);
    // All steps are done: writes the model and marks the stage as finished.
    Outcome finish(Json result);

  private:
    float rate(const Schedule& by) const; // of this step

    LoopOptions options_;
    Stage& stage_;
    TrainedModel model_;
    int64_t steps_;
    std::vector<engine::Optimiser> optimisers_; // one a list of parameters
    engine::TrainingState state_;
    int64_t begin_ = 0;                              // the step at which this call took up
    int64_t expected_memory_ = 0, other_memory_ = 0; // bytes; 0: not asked for
    std::unique_ptr<MetricsLog> metrics_;
    std::unique_ptr<Progress> progress_;
};

} // namespace qstar::train
