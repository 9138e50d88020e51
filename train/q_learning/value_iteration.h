#pragma once
// What both value trainings of puzzles do beside their targets: scrambled states and the target
// network.
//
//   ValueIteration values(options, stage, space, outputs);
//   while (values.trainer.running()) {
//       std::vector<uint8_t> states = values.scrambles();  // of trainer.step()
//       ... targets by values.target_cost() ...
//       values.end_step(values.squared_error(states, targets, ...), metrics);
//   }
//
// A batch is a pure function of (seed, step), so a run killed at any moment ends with the
// same bytes. The target network takes over the weights when the mean loss of the last
// `check_every` steps is below `target_loss` (DeepCubeA, Agostinelli et al., "Solving the
// Rubik's Cube with Deep Reinforcement Learning and Search", 2019), or after `patience`
// checks at the latest.

#include "engine/nn/mlp.h"
#include "search/puzzles/puzzles.h"
#include "search/puzzles/value_model.h"
#include "train/run/trainer.h"

#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

struct ValueOptions {
    StageOptions stage{.run = "runs/puzzle"};
    LoopOptions loop{.batch = 1000, .weight_decay = 0, .beta2 = 0.999};
    search::PuzzleChoice puzzle;
    int64_t steps = 5000;
    int64_t width = 256, blocks = 2; // of the MLP
    int64_t scramble = 0;            // moves from the goal, at most; 0: by the puzzle
    std::string bound;               // what the network adds to; empty: the puzzle's best
    int64_t check_every = 100;
    double target_loss = 0.05;
    int64_t patience = 5;
    std::string name; // folder in the run; empty: the stage's name
};

void describe(Flags& f, ValueOptions& o);
void record_inputs(Json& flags, const ValueOptions& options);
// The moves of the longest scramble, if the options name none.
int64_t default_scramble(const search::Space& space);

class ValueIteration {
  public:
    ValueIteration(const ValueOptions& options, Stage& stage, const search::Space& space,
                   int64_t outputs);

    engine::Mlp model, target;
    // The same networks as estimates of the cost to go.
    search::ValueModel model_value, target_value;
    Trainer trainer;

    // `batch` states, each 1 to `scramble` random moves from the goal, one behind another.
    // `undo`, if wanted: for each the action that takes its last move back.
    std::vector<uint8_t> scrambles(std::vector<int>* undo = nullptr) const;
    // A random stream for row `row` of this step.
    Random random(std::string_view what, int64_t row) const;

    // What the target network says of these states; with MPI the ranks share them.
    std::vector<float> target_cost(const std::vector<uint8_t>& states);
    // The mean of squares over `count` differences, sum (y - x)^2 weight / count, with its
    // gradient: x (rows, outputs) is what the network says of the states, without the bound. A
    // large batch is cut (nn/gradient_tree.h).
    double squared_error(const std::vector<uint8_t>& states, const std::vector<float>& y,
                         const std::vector<float>& weight, double count);

    // With that gradient: AdamW, the target network, metrics, state.
    void end_step(double loss, const Metrics& metrics);
    // All steps are done.
    Outcome finish();

  private:
    // Counts that the trainer remembers: updates of the target network, and since the last one
    // checks of the loss.
    int64_t count(const std::string& name) const;
    void check_target(float loss);

    ValueOptions options_;
    uint64_t seed_;
    const search::Space& space_;
    int64_t scramble_;
};

} // namespace qstar::train
