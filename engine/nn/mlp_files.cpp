// MLPs and the states of their training as safetensors files.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/mlp.h"
#include "engine/nn/mlp_config.h"
#include "engine/nn/safetensors.h"
#include "engine/optim/optimiser.h"

#include <map>
#include <string>

namespace qstar::engine {

namespace {

void put(SafeTensors& file, const MlpConfig& c) {
    file.metadata["format"] = "qstar mlp";
    file.metadata["inputs"] = std::to_string(c.inputs);
    file.metadata["width"] = std::to_string(c.width);
    file.metadata["blocks"] = std::to_string(c.blocks);
    file.metadata["outputs"] = std::to_string(c.outputs);
}

MlpConfig mlp_config_of(const SafeTensorsReader& file, const std::string& path) {
    file.check_format("qstar mlp", "an MLP");
    const auto size = [&](const char* key) {
        return static_cast<int64_t>(file.number(key, INT64_MAX));
    };
    MlpConfig c;
    c.inputs = size("inputs");
    c.width = size("width");
    c.blocks = size("blocks");
    c.outputs = size("outputs");
    check_sizes(c, path + ": the metadata's ");
    file.check_shape("in.weight", {c.inputs, c.width});
    return c;
}

} // namespace

void save_mlp(const std::string& path, const Mlp& model,
              std::map<std::string, std::string> metadata) {
    SafeTensors file;
    file.metadata = std::move(metadata);
    put(file, model.config);
    for (const Parameter& p : model.parameters) file.tensors[p.name] = p.value;
    write_safetensors(path, file);
}

Mlp load_mlp(const std::string& path, std::map<std::string, std::string>* metadata) {
    const SafeTensorsReader file(path);
    Mlp model(mlp_config_of(file, path), Random{});
    file.check_nothing_else(model.parameters, "an MLP");
    for (const Parameter& p : model.parameters) file.read(p.name, p.value);
    if (metadata != nullptr) *metadata = file.metadata();
    return model;
}

void save_mlp_training(const std::string& path, const Mlp& model, const Mlp* target,
                       const Optimiser& optimiser,
                       const std::map<std::string, std::string>& notes) {
    SafeTensors file;
    put(file, model.config);
    for (const auto& [key, value] : notes) file.metadata["note." + key] = value;
    file.metadata["adamw.step"] = std::to_string(optimiser.step);
    for (size_t i = 0; i < model.parameters.size(); ++i) {
        const std::string& name = model.parameters[i].name;
        file.tensors[name] = model.parameters[i].value;
        if (target != nullptr) file.tensors["target." + name] = target->parameters[i].value;
    }
    for (const auto& [name, tensor] : optimiser.state(model.parameters))
        file.tensors[name] = tensor;
    write_safetensors(path, file);
}

bool load_mlp_training(const std::string& path, Mlp& model, Mlp* target, Optimiser& optimiser,
                       std::map<std::string, std::string>& notes) {
    if (!exists(path)) return false;
    const SafeTensorsReader file(path);
    if (mlp_config_of(file, path) != model.config)
        fail("{}: the training state belongs to a model of another shape than the one asked for",
             path);
    for (size_t i = 0; i < model.parameters.size(); ++i) {
        const std::string& name = model.parameters[i].name;
        file.read(name, model.parameters[i].value);
        if (target != nullptr) file.read("target." + name, target->parameters[i].value);
    }
    for (const auto& [name, tensor] : optimiser.state(model.parameters)) file.read(name, tensor);
    optimiser.step = static_cast<int64_t>(file.number("adamw.step", INT64_MAX));
    notes.clear();
    for (const auto& [key, value] : file.metadata())
        if (key.starts_with("note.")) notes[key.substr(5)] = value;
    return true;
}

} // namespace qstar::engine
