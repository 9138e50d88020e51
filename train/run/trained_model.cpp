#include "train/run/trained_model.h"

#include "engine/base/error.h"
#include "search/models/run.h"

#include <charconv>

namespace qstar::train {

namespace {

using Optimisers = std::vector<engine::Optimiser>;

// With `side_by_side(optimisers)`, the models with their optimisers in the form of checkpoint.h.
template <class SideBySide>
TrainedModel trained_gpt(engine::Gpt& model, const std::string& run, SideBySide side_by_side) {
    TrainedModel all;
    all.parameters = {&model.parameters};
    all.metadata = search::model_metadata(run, load_tokenizer(run));
    all.save = [&model](const std::string& path, const auto& metadata) {
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
    const char* const end = note.data() + note.size();
    const auto [last, error] = std::from_chars(note.data(), end, value);
    if (error != std::errc() || last != end)
        fail("{}: the note \"{}\" must be a number, found \"{}\"", where, name, note);
    return value;
}

TrainedModel trained(engine::Gpt& model, const std::string& run) {
    return trained_gpt(model, run, [&model](Optimisers& optimisers) {
        return std::vector<engine::Trained>{{"", &model, &optimisers[0]}};
    });
}

TrainedModel trained(engine::Gpt& model, engine::Gpt& critic, const std::string& run) {
    TrainedModel both = trained_gpt(model, run, [&](Optimisers& optimisers) {
        return std::vector<engine::Trained>{{"", &model, &optimisers[0]},
                                            {"critic.", &critic, &optimisers[1]}};
    });
    both.parameters.push_back(&critic.parameters);
    return both;
}

} // namespace qstar::train
