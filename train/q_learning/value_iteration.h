#pragma once
// What both value iterations of puzzles do beside their targets: the target network.
//
//   ValueIteration values(options, stage, space, fresh_network(options, space, outputs, seed));
//   while (values.trainer.running()) {
//       std::vector<uint8_t> states = values.scrambles();  // of trainer.step()
//       ... targets by values.target_cost() ...
//       values.end_step(values.squared_error(states, targets, ...), metrics);
//   }
//
// The target network takes over the weights when the mean loss of the last
// `check_every` steps is below `target_loss` (DeepCubeA, Agostinelli et al., "Solving the
// Rubik's Cube with Deep Reinforcement Learning and Search", 2019), or after `patience`
// checks at the latest.

#include "train/q_learning/puzzle_training.h"

#include <string>
#include <utility>
#include <vector>

namespace qstar::train {

struct ValueOptions {
    PuzzleTrainingOptions training;
    int64_t check_every = 100;
    double target_loss = 0.05;
    int64_t patience = 5;
};

void describe(Flags& f, ValueOptions& o);

// The two networks, made before the training that holds on to them.
struct ValueNetworks {
    explicit ValueNetworks(engine::Mlp fresh)
        : network(std::move(fresh)), target(network.clone()) {}
    engine::Mlp network, target;
};

class ValueIteration : private ValueNetworks, public PuzzleTraining {
  public:
    // It begins with the numbers of `first`.
    ValueIteration(const ValueOptions& options, Stage& stage, const search::Space& space,
                   engine::Mlp first);

    search::ValueModel target_value; // the target network as an estimate of the cost to go

    // What the target network says of these states, or another one; with MPI the ranks share them.
    std::vector<float> target_cost(const std::vector<uint8_t>& states) {
        return cost(target_value, states);
    }
    std::vector<float> cost(search::ValueModel& of, const std::vector<uint8_t>& states) const;

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
    size_t state_bytes_;
};

} // namespace qstar::train
