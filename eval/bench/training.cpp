#include "eval/bench/training.h"

#include "engine/nn/next_token.h"

#include <fmt/core.h>

namespace qstar::eval {

std::string TrainingShape::name() const {
    return fmt::format("L{} D{} T{} B{} V{}", config.layers, config.width, config.context, batch,
                       config.vocab);
}

std::vector<int> training_batch(const TrainingShape& shape) {
    Random random(1, "bench/batch");
    const int64_t time = shape.config.context;
    std::vector<int> inputs, targets;
    for (int64_t b = 0; b < shape.batch; ++b) {
        const auto draw = [&] {
            return static_cast<int>(random.below(static_cast<uint64_t>(shape.config.vocab)));
        };
        int next = draw();
        for (int64_t t = 0; t < time; ++t) {
            inputs.push_back(next);
            next = draw();
            targets.push_back(next);
        }
    }
    inputs.insert(inputs.end(), targets.begin(), targets.end());
    return inputs;
}

Training::Training(const TrainingShape& shape, engine::Gpt model, std::span<const int> batch,
                   engine::Precision precision)
    : shape_(shape), model_(std::move(model)), optimiser_(model_.parameters, {}),
      inputs_(batch.begin(), batch.begin() + static_cast<int64_t>(batch.size() / 2)),
      targets_(batch.begin() + static_cast<int64_t>(batch.size() / 2), batch.end()),
      weights_(targets_.size(), 1.0f) {
    tape_.precision = precision;
}

double Training::gradient() {
    model_.zero_grad();
    return engine::next_token_gradient(tape_, model_, inputs_, targets_, weights_, shape_.batch,
                                       shape_.config.context);
}

void Training::update() { optimiser_.update(model_.parameters, kBenchRate); }

} // namespace qstar::eval
