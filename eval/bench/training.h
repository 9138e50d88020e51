#pragma once
// The loop of a training stage on one batch of random tokens: our side of the benchmarks.

#include "engine/nn/gpt.h"
#include "engine/optim/optimiser.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

struct TrainingShape {
    engine::GptConfig config; // its context is the length of the sequences
    int64_t batch;

    std::string name() const; // "L4 D128 T64 B12 V65"
};

inline constexpr float kBenchRate = 1e-3f; // of learning, all sides

// Inputs and then targets: both (batch, time), the targets one token ahead.
std::vector<int> training_batch(const TrainingShape& shape);

// On the device that is in use when it is made.
class Training {
  public:
    Training(const TrainingShape& shape, engine::Gpt model, std::span<const int> batch,
             engine::Precision precision = engine::Precision::fp32);
    double gradient(); // gives the loss
    void update();
    double step() { // both
        const double loss = gradient();
        update();
        return loss;
    }

  private:
    TrainingShape shape_;
    engine::Gpt model_;
    engine::Optimiser optimiser_;
    engine::Tape tape_;
    std::vector<int> inputs_, targets_;
    std::vector<float> weights_;
};

} // namespace qstar::eval
