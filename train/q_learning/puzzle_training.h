#pragma once
// What all trainings of a puzzle's network do, whatever their targets are: random walks from the
// goal, the network, the loop around it.
//
//   PuzzleTraining training(options, stage, space, outputs);
//   while (training.trainer.running()) {
//       std::vector<uint8_t> states = training.scrambles();  // of trainer.step()
//       ... targets ...
//       const double loss = training.squared_error(states, targets, ...);
//       training.trainer.end_step(training.update(loss));
//   }
//
// A batch is a pure function of (seed, step), so a run killed at any moment ends with the
// same bytes.

#include "engine/nn/mlp.h"
#include "search/puzzles/puzzles.h"
#include "search/puzzles/value_model.h"
#include "train/run/trainer.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

struct PuzzleTrainingOptions {
    StageOptions stage{.run = "runs/puzzle"};
    LoopOptions loop{.batch = 1000, .weight_decay = 0, .beta2 = 0.999};
    search::PuzzleChoice puzzle;
    int64_t steps = 5000;
    int64_t width = 256, blocks = 2; // of the MLP
    int64_t scramble = 0;            // moves from the goal, at most; 0: by the puzzle
    std::string bound;               // what the network adds to; empty: the puzzle's best
    bool canonical = false;          // it is shown one of a state's images under the symmetries
    std::string name;                // folder in the run; empty: the stage's name
};

// All of them but the name, which stands behind a stage's own.
void describe_training(Flags& f, PuzzleTrainingOptions& o);
void describe_name(Flags& f, PuzzleTrainingOptions& o);
void record_inputs(Json& flags, const PuzzleTrainingOptions& options);
// The moves of the longest scramble, if the options name none.
int64_t default_scramble(const search::Space& space);

// What is known of a scramble beside its state.
struct Scramble {
    int undo = 0;      // the action that takes its last move back
    int64_t moves = 0; // how many there were
};

class PuzzleTraining {
  public:
    // `target`: a second network of the same shape that the saved state holds, too; or null. Both
    // must stay where they are.
    PuzzleTraining(const PuzzleTrainingOptions& options, Stage& stage, const search::Space& space,
                   engine::Mlp& model, engine::Mlp* target = nullptr,
                   const std::vector<std::string>& notes = {});

    engine::Mlp& model;
    search::ValueModel model_value; // the same network as an estimate of the cost to go
    Trainer trainer;

    // `batch` states, each 1 to `scramble` random moves from the goal, one behind another.
    std::vector<uint8_t> scrambles(std::vector<Scramble>* known = nullptr) const;
    // A random stream for row `row` of this step.
    Random random(std::string_view what, int64_t row) const;

    // The mean of squares over `count` differences, sum (y - x)^2 weight / count, with its
    // gradient: x (rows, outputs) is what the network says of the states, without the bound. A
    // large batch is cut (nn/gradient_tree.h).
    double squared_error(const std::vector<uint8_t>& states, const std::vector<float>& y,
                         const std::vector<float>& weight, double count);
    // AdamW or Muon with that gradient.
    Metrics update(double loss);

  private:
    LoopOptions loop_;
    uint64_t seed_;
    const search::Space& space_;
    int64_t scramble_;
};

// A network with the options' sizes and the stage's seed.
engine::Mlp fresh_network(const PuzzleTrainingOptions& options, const search::Space& space,
                          int64_t outputs, uint64_t seed);
search::ValueForm form_of(const PuzzleTrainingOptions& options, const search::Space& space);

} // namespace qstar::train
