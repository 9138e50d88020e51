// MLPs and the states of their training as safetensors files.

#include "engine/checkpoint/safetensors.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/mlp/mlp.h"
#include "engine/optim/adamw.h"

#include <algorithm>
#include <charconv>

namespace qstar::engine {

namespace {

int64_t whole(const std::string& text, const std::string& key, const std::string& path,
              int64_t limit) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > limit)
        fail("{}: metadata \"{}\": expected a whole number up to {}, found \"{}\"", path, key,
             limit, text);
    return value;
}

void put(SafeTensors& file, const MlpConfig& c) {
    file.metadata["format"] = "qstar mlp";
    file.metadata["inputs"] = std::to_string(c.inputs);
    file.metadata["width"] = std::to_string(c.width);
    file.metadata["blocks"] = std::to_string(c.blocks);
    file.metadata["outputs"] = std::to_string(c.outputs);
}

MlpConfig config_of(const SafeTensors& file, const std::string& path) {
    if (file.text("format", path) != "qstar mlp")
        fail("{}: expected an MLP (format \"qstar mlp\"), found format \"{}\"", path,
             file.text("format", path));
    // Bounds on what a broken file can ask for.
    const auto size = [&](const char* key, int64_t limit) {
        return whole(file.text(key, path), key, path, limit);
    };
    MlpConfig c;
    c.inputs = size("inputs", 1000000);
    c.width = size("width", 100000);
    c.blocks = size("blocks", 1000);
    c.outputs = size("outputs", 1000000);
    const Shape claimed = file.tensor("in.weight", path).shape();
    if (claimed != Shape{c.inputs, c.width})
        fail("{}: tensor \"in.weight\": expected the shape ({}, {}), found {}", path, c.inputs,
             c.width, claimed.text());
    return c;
}

void take(const SafeTensors& file, const std::string& name, const Tensor& to,
          const std::string& path) {
    const Tensor& from = file.tensor(name, path);
    if (from.shape() != to.shape())
        fail("{}: tensor \"{}\": expected the shape {}, found {}", path, name, to.shape().text(),
             from.shape().text());
    std::copy_n(from.data(), from.size(), to.data());
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
    const SafeTensors file = read_safetensors(path);
    Mlp model(config_of(file, path), Random{});
    for (const Parameter& p : model.parameters) take(file, p.name, p.value, path);
    if (file.tensors.size() != model.parameters.size())
        fail("{}: expected the {} tensors of an MLP, found {}", path, model.parameters.size(),
             file.tensors.size());
    if (metadata != nullptr) *metadata = file.metadata;
    return model;
}

void save_mlp_training(const std::string& path, const Mlp& model, const Mlp& target,
                       const AdamW& optimiser, const std::map<std::string, std::string>& notes) {
    SafeTensors file;
    put(file, model.config);
    for (const auto& [key, value] : notes) file.metadata["note." + key] = value;
    file.metadata["adamw.step"] = std::to_string(optimiser.step);
    for (size_t i = 0; i < model.parameters.size(); ++i) {
        const std::string& name = model.parameters[i].name;
        file.tensors[name] = model.parameters[i].value;
        file.tensors["target." + name] = target.parameters[i].value;
        file.tensors["adamw.first." + name] = optimiser.first[i];
        file.tensors["adamw.second." + name] = optimiser.second[i];
    }
    write_safetensors(path, file);
}

bool load_mlp_training(const std::string& path, Mlp& model, Mlp& target, AdamW& optimiser,
                       std::map<std::string, std::string>& notes) {
    if (!exists(path)) return false;
    const SafeTensors file = read_safetensors(path);
    if (config_of(file, path) != model.config)
        fail("{}: the training state belongs to a model of another shape than the one asked for",
             path);
    for (size_t i = 0; i < model.parameters.size(); ++i) {
        const std::string& name = model.parameters[i].name;
        take(file, name, model.parameters[i].value, path);
        take(file, "target." + name, target.parameters[i].value, path);
        take(file, "adamw.first." + name, optimiser.first[i], path);
        take(file, "adamw.second." + name, optimiser.second[i], path);
    }
    optimiser.step = whole(file.text("adamw.step", path), "adamw.step", path, INT64_MAX);
    notes.clear();
    for (const auto& [key, value] : file.metadata)
        if (key.starts_with("note.")) notes[key.substr(5)] = value;
    return true;
}

} // namespace qstar::engine
