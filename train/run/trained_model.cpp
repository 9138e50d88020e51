#include "train/run/trained_model.h"

#include "engine/base/error.h"
#include "engine/nn/lora.h"
#include "engine/text/real.h"
#include "search/models/run.h"

#include <filesystem>

namespace qstar::train {

namespace {

using Optimisers = std::vector<engine::Optimiser>;

// With `side_by_side(optimisers)`, the models with their optimisers in the form of checkpoint.h.
template <class SideBySide>
TrainedModel trained_gpt(engine::Gpt& model, const std::string& run, const std::string& from,
                         SideBySide side_by_side) {
    TrainedModel all;
    all.parameters = {&model.parameters};
    all.metadata = search::model_metadata(run, load_tokenizer(run));
    all.save = [&model, from](const std::string& path, const auto& metadata) {
        const auto folder = std::filesystem::path(path).parent_path();
        const auto base = std::filesystem::path(from).parent_path();
        engine::save_adapter(folder.string(), model, base.lexically_relative(folder).string());
        if (trains_of(model).what == engine::Trains::head)
            return engine::save_head(path, model, from, metadata);
        engine::save_gpt(path, model, metadata);
    };
    all.save_state = [side_by_side](const std::string& path, Optimisers& optimisers,
                                    const engine::TrainingState& state) {
        engine::save_training(path, side_by_side(optimisers), state);
    };
    all.load_state = [side_by_side](const std::string& path, Optimisers& optimisers,
                                    engine::TrainingState& state) {
        return engine::load_training(path, side_by_side(optimisers), state);
    };
    return all;
}

} // namespace

double number_of(const std::string& note, const std::string& where, const std::string& name) {
    double value = 0;
    if (!read_real(note, value))
        fail("{}: the note \"{}\" must be a number, found \"{}\"", where, name, note);
    return value;
}

TrainedModel trained(engine::Gpt& model, const std::string& run, const std::string& from) {
    return trained_gpt(model, run, from, [&model](Optimisers& optimisers) {
        return std::vector<engine::Trained>{{"", &model, &optimisers[0]}};
    });
}

TrainedModel trained(engine::Gpt& model, engine::Gpt& critic, const std::string& run,
                     const std::string& from) {
    TrainedModel both = trained_gpt(model, run, from, [&](Optimisers& optimisers) {
        return std::vector<engine::Trained>{{"", &model, &optimisers[0]},
                                            {"critic.", &critic, &optimisers[1]}};
    });
    both.parameters.push_back(&critic.parameters);
    return both;
}

} // namespace qstar::train
