#include "engine/checkpoint/checkpoint.h"

#include "engine/checkpoint/safetensors.h"
#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <charconv>

namespace qstar::engine {

namespace {

void put_config(std::map<std::string, std::string>& metadata, const GptConfig& c,
                const std::string& prefix = "") {
    metadata["format"] = "qstar gpt";
    metadata[prefix + "layers"] = std::to_string(c.layers);
    metadata[prefix + "heads"] = std::to_string(c.heads);
    metadata[prefix + "width"] = std::to_string(c.width);
    metadata[prefix + "context"] = std::to_string(c.context);
    metadata[prefix + "vocab"] = std::to_string(c.vocab);
    metadata[prefix + "scalar_head"] = c.scalar_head ? "1" : "0";
}

// A whole number out of the metadata, at most `limit`.
uint64_t number(const SafeTensors& file, const std::string& key, const std::string& path,
                uint64_t limit) {
    const std::string& text = file.text(key, path);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > limit) {
        fail("{}: metadata \"{}\": expected a whole number up to {}, found \"{}\"", path, key,
             limit, text);
    }
    return value;
}

GptConfig config_of(const SafeTensors& file, const std::string& path,
                    const std::string& prefix = "") {
    // Limits that a file on a laptop cannot pass; they bound what a broken one can ask for.
    const auto size = [&](const char* key, uint64_t limit) {
        return static_cast<int64_t>(number(file, prefix + key, path, limit));
    };
    GptConfig c;
    c.layers = size("layers", 1000);
    c.heads = size("heads", 10000);
    c.width = size("width", 100000);
    c.context = size("context", 1000000);
    c.vocab = size("vocab", 10000000);
    c.scalar_head = size("scalar_head", 1) == 1;
    return c;
}

void check_shape(const Tensor& found, const Shape& expected, const std::string& name,
                 const std::string& path) {
    if (found.shape() != expected) {
        fail("{}: tensor \"{}\": expected the shape {}, found {}", path, name, expected.text(),
             found.shape().text());
    }
}

void copy_values(const SafeTensors& file, const std::string& name, const Tensor& to,
                 const std::string& path) {
    const Tensor& from = file.tensor(name, path);
    check_shape(from, to.shape(), name, path);
    std::copy_n(from.data(), from.size(), to.data());
}

// The sizes that the tensors themselves claim must be the ones of the metadata,
// before a model of that size is made.
void check_claims(const SafeTensors& file, const GptConfig& c, const std::string& path) {
    check_shape(file.tensor("wte.weight", path), {c.vocab, c.width}, "wte.weight", path);
    check_shape(file.tensor("wpe.weight", path), {c.context, c.width}, "wpe.weight", path);
    for (int64_t layer = 0; layer < c.layers; ++layer) {
        const std::string name = fmt::format("h.{}.mlp.c_fc.weight", layer);
        check_shape(file.tensor(name, path), {c.width, 4 * c.width}, name, path);
    }
}

} // namespace

void save_gpt(const std::string& path, const Gpt& model,
              const std::map<std::string, std::string>& metadata) {
    SafeTensors file;
    file.metadata = metadata;
    put_config(file.metadata, model.config);
    for (const Parameter& p : model.parameters) file.tensors[p.name] = p.value;
    write_safetensors(path, file);
}

Gpt load_gpt(const std::string& path) {
    const SafeTensors file = read_safetensors(path);
    const GptConfig config = config_of(file, path);
    check_claims(file, config, path);
    Gpt model(config, Random{});
    for (const Parameter& p : model.parameters) copy_values(file, p.name, p.value, path);
    if (file.tensors.size() != model.parameters.size()) {
        fail("{}: expected the {} tensors of a GPT, found {}", path, model.parameters.size(),
             file.tensors.size());
    }
    return model;
}

void save_training(const std::string& path, std::span<const Trained> models,
                   const TrainingState& state) {
    SafeTensors file;
    for (const auto& [key, value] : state.notes) file.metadata["note." + key] = value;
    file.metadata["step"] = std::to_string(state.step);
    file.metadata["random.seed"] = std::to_string(state.random.seed);
    file.metadata["random.stream"] = std::to_string(state.random.stream);
    file.metadata["random.counter"] = std::to_string(state.random.counter);
    for (const Trained& t : models) {
        put_config(file.metadata, t.model->config, t.prefix);
        file.metadata[t.prefix + "adamw.step"] = std::to_string(t.optimiser->step);
        for (size_t i = 0; i < t.model->parameters.size(); ++i) {
            const Parameter& p = t.model->parameters[i];
            file.tensors[t.prefix + p.name] = p.value;
            file.tensors[t.prefix + "adamw.first." + p.name] = t.optimiser->first[i];
            file.tensors[t.prefix + "adamw.second." + p.name] = t.optimiser->second[i];
        }
    }
    write_safetensors(path, file);
}

bool load_training(const std::string& path, std::span<const Trained> models, TrainingState& state) {
    if (!exists(path)) return false;
    const SafeTensors file = read_safetensors(path);
    for (const Trained& t : models) {
        if (config_of(file, path, t.prefix) != t.model->config) {
            fail("{}: the training state belongs to a model of another shape than the one asked "
                 "for",
                 path);
        }
        for (size_t i = 0; i < t.model->parameters.size(); ++i) {
            const Parameter& p = t.model->parameters[i];
            copy_values(file, t.prefix + p.name, p.value, path);
            copy_values(file, t.prefix + "adamw.first." + p.name, t.optimiser->first[i], path);
            copy_values(file, t.prefix + "adamw.second." + p.name, t.optimiser->second[i], path);
        }
        t.optimiser->step =
            static_cast<int64_t>(number(file, t.prefix + "adamw.step", path, INT64_MAX));
    }
    state.step = static_cast<int64_t>(number(file, "step", path, INT64_MAX));
    state.random.seed = number(file, "random.seed", path, UINT64_MAX);
    state.random.stream = number(file, "random.stream", path, UINT64_MAX);
    state.random.counter = number(file, "random.counter", path, UINT64_MAX);
    state.notes.clear();
    for (const auto& [key, value] : file.metadata) {
        if (key.starts_with("note.")) state.notes[key.substr(5)] = value;
    }
    return true;
}

void save_training(const std::string& path, Gpt& model, AdamW& optimiser,
                   const TrainingState& state) {
    const Trained one{"", &model, &optimiser};
    save_training(path, {&one, 1}, state);
}

bool load_training(const std::string& path, Gpt& model, AdamW& optimiser, TrainingState& state) {
    const Trained one{"", &model, &optimiser};
    return load_training(path, {&one, 1}, state);
}

} // namespace qstar::engine
