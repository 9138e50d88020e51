#pragma once
// The program's own training steps, as the demos make them, on tokens and states drawn at random:
// pre-training, fine-tuning, process reward model and Q (which differ in labels alone), PPO, and
// the networks of the puzzles.

#include <functional>
#include <string>
#include <vector>

namespace qstar::eval {

struct ProgramStep {
    std::string name; // "PRM: qwen3 L6 D128, 32 solutions, Muon"
    // Of the model's products: 6 for each parameter and each token that is there, or state (of the
    // puzzles' first layer the rows that are on). Neither padding, nor attention, nor Muon counts.
    double flops = 0;
    std::function<void()> gradient; // zero, forward, loss, backward
    std::function<void()> update;   // of the optimiser
};

// Each makes its model when it is called, on the device that is in use then.
struct ProgramStepMaker {
    std::string name;
    std::function<ProgramStep()> make;
};
std::vector<ProgramStepMaker> program_steps();

} // namespace qstar::eval
