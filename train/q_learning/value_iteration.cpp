#include "train/q_learning/value_iteration.h"

#include "engine/base/range.h"
#include "engine/base/ranks.h"
#include "engine/text/json.h"

#include <algorithm>
#include <cstring>
#include <fmt/core.h>
#include <string>
#include <utility>
#include <vector>

namespace qstar::train {

void describe(Flags& f, ValueOptions& o) {
    describe_training(f, o.training);
    f.number("check-every", o.check_every, 1, kMost, "steps between two looks at the loss");
    f.number_above("target-loss", o.target_loss, 0, 1e9, "below it the target network is renewed");
    f.number("patience", o.patience, 1, kMost, "looks after which it is renewed in any case");
    describe_name(f, o.training);
}

ValueIteration::ValueIteration(const ValueOptions& options, Stage& stage,
                               const search::Space& space, engine::Mlp first)
    : ValueNetworks(std::move(first)), PuzzleTraining(options.training, stage, space, network,
                                                      &target, {"updates", "checks", "loss_sum"}),
      target_value(space, target, form_of(options.training, space)), options_(options),
      state_bytes_(space.state_bytes()) {}

std::vector<float> ValueIteration::cost(search::ValueModel& of,
                                        const std::vector<uint8_t>& states) const {
    const size_t bytes = state_bytes_, rows = states.size() / bytes;
    const auto ranks = static_cast<size_t>(engine::ranks());
    std::vector<float> all(rows);
    const std::vector<std::string> parts = engine::share(ranks, [&](size_t rank) {
        const auto [first, count] = engine::slice_of(rows, rank, ranks);
        of.cost_to_go(states.data() + first * bytes, static_cast<int64_t>(count),
                      all.data() + first);
        return std::string(reinterpret_cast<const char*>(all.data() + first),
                           ranks > 1 ? count * sizeof(float) : 0);
    });
    for (size_t rank = 0; rank < ranks; ++rank)
        std::memcpy(all.data() + engine::slice_of(rows, rank, ranks).first, parts[rank].data(),
                    parts[rank].size());
    return all;
}

int64_t ValueIteration::count(const std::string& name) const {
    return static_cast<int64_t>(trainer.recall(name, 0));
}

// Takes the step's loss into the mean and, where a check is due, looks whether it is small.
void ValueIteration::check_target(float loss) {
    double sum = trainer.recall("loss_sum", 0) + loss;
    int64_t checks = count("checks"), updates = count("updates");
    if ((trainer.step() + 1) % options_.check_every == 0) {
        ++checks;
        const double mean = sum / static_cast<double>(options_.check_every);
        sum = 0;
        if (mean < options_.target_loss || checks >= options_.patience) {
            for (size_t i = 0; i < model.parameters.size(); ++i)
                std::copy_n(model.parameters[i].value.data(), model.parameters[i].value.size(),
                            target.parameters[i].value.data());
            ++updates;
            checks = 0;
        }
    }
    trainer.remember("loss_sum", sum);
    trainer.remember("checks", static_cast<double>(checks));
    trainer.remember("updates", static_cast<double>(updates));
}

void ValueIteration::end_step(double loss, const Metrics& metrics) {
    Metrics line = update(loss);
    line.set({"updates", count("updates")});
    line.set(metrics);
    const auto value = static_cast<float>(loss);
    check_target(value);
    trainer.end_step(line, fmt::format("loss {:.4f}, {} targets", value, count("updates")));
}

Outcome ValueIteration::finish() {
    return trainer.finish(Json{{"parameters", model.parameter_count()},
                               {"steps", trainer.step()},
                               {"updates", count("updates")}});
}

} // namespace qstar::train
