#pragma once
// A model as the trainer sees it: its parameters, and how it is saved and loaded.

#include "engine/nn/checkpoint.h"
#include "engine/optim/optimiser.h"
#include "train/run/run.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace qstar::train {

struct TrainedModel {
    // Each list has an optimiser of its own, in this order.
    std::vector<std::vector<engine::Parameter>*> parameters;
    std::map<std::string, std::string> metadata; // of the model's file
    // The finished model.
    std::function<void(const std::string& path, const std::map<std::string, std::string>& metadata)>
        save;
    // All that a training must have to go on. False if there is no such file; Error if it is of
    // another shape.
    std::function<void(const std::string& path, std::vector<engine::Optimiser>& optimisers,
                       const engine::TrainingState& state)>
        save_state;
    std::function<bool(const std::string& path, std::vector<engine::Optimiser>& optimisers,
                       engine::TrainingState& state)>
        load_state;
};

// A note of a state that is a number; Error naming `where` and its name if it is none.
double number_of(const std::string& note, const std::string& where, const std::string& name);

// The models must stay where they are. `from`: the file that the model began with, whose trunk a
// head trained alone keeps (engine/nn/checkpoint.h: save_head), and which adapters (nn/lora.h) are
// said to belong to: they have files of their own beside the merged model's.
TrainedModel trained(engine::Gpt& model, const std::string& run, const std::string& from = "");
// Two that are trained side by side, of which the first is what the stage makes.
TrainedModel trained(engine::Gpt& model, engine::Gpt& critic, const std::string& run,
                     const std::string& from);

} // namespace qstar::train
