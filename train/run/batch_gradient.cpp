#include "train/run/batch_gradient.h"

#include "engine/nn/batch_cut.h"
#include "engine/nn/lora.h"

namespace qstar::train {

void batch_gradient(engine::Tape& tape, engine::Gpt& model, const BatchRows& batch,
                    std::span<double> sums, const engine::GradientPart& part) {
    int64_t leaves = engine::cut_batch(model.config, batch.sequences, batch.time, tape.device(),
                                       trained_count(model))
                         .leaves;
    while (leaves > batch.rows) leaves /= 2;
    engine::gradient_in_tree(
        tape, model.parameters, batch.rows, leaves, sums,
        [&](engine::Tape& own, int64_t first, int64_t count, std::span<double> shares) {
            own.reset();
            part(own, first, count, shares);
        });
}

} // namespace qstar::train
