#include "engine/nn/checkpoint.h"

#include "engine/base/error.h"
#include "engine/base/process.h"
#include "engine/device/require_memory.h"
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "engine/nn/gpt_config.h"
#include "engine/nn/lora.h"
#include "engine/nn/safetensors.h"
#include "engine/text/real.h"

#include <filesystem>
#include <fmt/core.h>
#include <vector>

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
    // Files of gpt2 are as they were before there were families.
    if (c.family != Family::gpt2) metadata[prefix + "family"] = family_name(c.family);
    if (c.hidden != 0) metadata[prefix + "hidden"] = std::to_string(c.hidden);
    // So are those of models like the first of a family.
    const GptConfig usual;
    if (c.kv_heads != 0) metadata[prefix + "kv_heads"] = std::to_string(c.kv_heads);
    if (c.head_size != 0) metadata[prefix + "head_size"] = std::to_string(c.head_size);
    if (c.norm_epsilon > 0) metadata[prefix + "norm_epsilon"] = fmt::format("{}", c.norm_epsilon);
    if (c.rope_base < usual.rope_base || c.rope_base > usual.rope_base)
        metadata[prefix + "rope_base"] = fmt::format("{}", c.rope_base);
    if (!c.tied) metadata[prefix + "tied"] = "0";
}

// A number out of the metadata.
double metadata_real(const SafeTensorsReader& file, const std::string& path,
                     const std::string& key) {
    const std::string& text = file.text(key);
    double value = 0;
    if (!read_real(text, value))
        fail("{}: metadata \"{}\": expected a number, found \"{}\"", path, key, text);
    return value;
}

GptConfig config_of(const SafeTensorsReader& file, const std::string& path,
                    const std::string& prefix = "") {
    file.check_format("qstar gpt", "a GPT");
    const auto size = [&](const char* key) {
        return static_cast<int64_t>(file.number(prefix + key, INT64_MAX));
    };
    GptConfig c;
    c.layers = size("layers");
    c.heads = size("heads");
    c.width = size("width");
    c.context = size("context");
    c.vocab = size("vocab");
    c.scalar_head = file.number(prefix + "scalar_head", 1) == 1;
    const auto& metadata = file.metadata();
    if (const auto family = metadata.find(prefix + "family"); family != metadata.end())
        c.family = family_named(family->second, path + ": the metadata's " + prefix + "family: ");
    const auto has = [&](const char* key) { return metadata.contains(prefix + key); };
    if (has("hidden")) c.hidden = size("hidden");
    if (has("kv_heads")) c.kv_heads = size("kv_heads");
    if (has("head_size")) c.head_size = size("head_size");
    if (has("norm_epsilon")) c.norm_epsilon = metadata_real(file, path, prefix + "norm_epsilon");
    if (has("rope_base")) c.rope_base = metadata_real(file, path, prefix + "rope_base");
    if (has("tied")) c.tied = file.number(prefix + "tied", 1) == 1;
    check_sizes(c, path + ": the metadata's " + prefix);
    return c;
}

// The sizes that the tensors themselves claim must be the ones of the metadata,
// before a model of that size is made.
void check_claims(const SafeTensorsReader& file, const GptConfig& c) {
    if (c.family != Family::gpt2) {
        file.check_shape("model.embed_tokens.weight", {c.vocab, c.width});
        for (int64_t layer = 0; layer < c.layers; ++layer) {
            const std::string block = fmt::format("model.layers.{}.", layer);
            file.check_shape(block + "mlp.up_proj.weight", {hidden_width(c), c.width});
            file.check_shape(block + "self_attn.q_proj.weight", {query_width(c), c.width});
            file.check_shape(block + "self_attn.k_proj.weight", {kv_width(c), c.width});
        }
        return;
    }
    file.check_shape("wte.weight", {c.vocab, c.width});
    file.check_shape("wpe.weight", {c.context, c.width});
    for (int64_t layer = 0; layer < c.layers; ++layer) {
        file.check_shape(fmt::format("h.{}.mlp.c_fc.weight", layer), {c.width, 4 * c.width});
    }
}

// Where the trunk lies, if the file is a head's.
std::optional<std::string> trunk_of(const SafeTensorsReader& file, const std::string& path) {
    const auto way = file.metadata().find("trunk");
    if (way == file.metadata().end()) return {};
    return (std::filesystem::path(path).parent_path() / way->second).lexically_normal().string();
}

Gpt with_its_trunk(const SafeTensorsReader& file, const std::string& path,
                   const std::string& trunk) {
    if (!exists(trunk)) fail("{}: a head on {}, which is missing", path, trunk);
    const std::string found = sha256_file(trunk), &expected = file.text("trunk_sha256");
    if (found != expected)
        fail("{}: a head on {} with the SHA-256 {}, found another, {}", path, trunk, expected,
             found);
    const GptConfig config = config_of(file, path);
    const Gpt base = load_gpt(trunk);
    Gpt model = config.scalar_head ? with_scalar_head(base) : untied(without_scalar_head(base));
    if (model.config != config) fail("{}: its sizes are not those of {}", path, trunk);
    std::vector<Parameter> head;
    for (const Parameter& p : model.parameters)
        if (is_head(config, p)) head.push_back(p);
    file.check_nothing_else(head, "a head");
    for (const Parameter& p : head) file.read(p.name, p.value);
    return model;
}

} // namespace

std::optional<std::string> trunk_of(const std::string& path) {
    return trunk_of(SafeTensorsReader(path), path);
}

void save_head(const std::string& path, const Gpt& model, const std::string& trunk,
               const std::map<std::string, std::string>& metadata) {
    SafeTensors file;
    file.metadata = metadata;
    put_config(file.metadata, model.config);
    const auto folder = std::filesystem::path(path).parent_path();
    file.metadata["trunk"] = std::filesystem::path(trunk).lexically_relative(folder).string();
    file.metadata["trunk_sha256"] = sha256_file(trunk);
    for (const Parameter& p : model.parameters)
        if (is_head(model.config, p)) file.tensors[p.name] = p.value;
    write_safetensors(path, file);
}

void save_gpt(const std::string& path, const Gpt& model,
              const std::map<std::string, std::string>& metadata) {
    SafeTensors file;
    file.metadata = metadata;
    put_config(file.metadata, model.config);
    const Gpt whole = merged(model);
    for (const Parameter& p : whole.parameters) file.tensors[p.name] = p.value;
    write_safetensors(path, file);
}

Gpt load_gpt(const std::string& path) {
    const SafeTensorsReader file(path);
    if (const auto trunk = trunk_of(file, path)) return with_its_trunk(file, path, *trunk);
    const GptConfig config = config_of(file, path);
    check_claims(file, config);
    require_memory(parameter_count(config) * 4, path + ": reading its weights",
                   "a smaller model takes less");
    Gpt model(config);
    file.check_nothing_else(model.parameters, "a GPT");
    for (Parameter& p : model.parameters) {
        if (p.value.device().is_host())
            p.value = file.tensor(p.name, p.value.shape());
        else
            file.read(p.name, p.value);
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
        for (const Parameter& p : t.model->parameters)
            if (!p.frozen) file.tensors[t.prefix + p.name] = p.value;
        for (const auto& [name, tensor] : t.optimiser->state(t.model->parameters))
            file.tensors[t.prefix + name] = tensor;
    }
    write_safetensors(path, file);
}

bool load_training(const std::string& path, std::span<const Trained> models, TrainingState& state) {
    if (!exists(path)) return false;
    const SafeTensorsReader file(path);
    for (const Trained& t : models) {
        if (config_of(file, path, t.prefix) != t.model->config) {
            fail("{}: the training state belongs to a model of another shape than the one asked "
                 "for",
                 path);
        }
    }
    for (const Trained& t : models) {
        for (const Parameter& p : t.model->parameters)
            if (!p.frozen) file.read(t.prefix + p.name, p.value);
        for (const auto& [name, tensor] : t.optimiser->state(t.model->parameters))
            file.read(t.prefix + name, tensor);
        t.optimiser->step = static_cast<int64_t>(file.number(t.prefix + "adamw.step", INT64_MAX));
    }
    state.step = static_cast<int64_t>(file.number("step", INT64_MAX));
    state.random.seed = file.number("random.seed", UINT64_MAX);
    state.random.stream = file.number("random.stream", UINT64_MAX);
    state.random.counter = file.number("random.counter", UINT64_MAX);
    state.notes.clear();
    for (const auto& [key, value] : file.metadata()) {
        if (key.starts_with("note.")) state.notes[key.substr(5)] = value;
    }
    return true;
}

void save_training(const std::string& path, Gpt& model, Optimiser& optimiser,
                   const TrainingState& state) {
    const Trained one{"", &model, &optimiser};
    save_training(path, {&one, 1}, state);
}

bool load_training(const std::string& path, Gpt& model, Optimiser& optimiser,
                   TrainingState& state) {
    const Trained one{"", &model, &optimiser};
    return load_training(path, {&one, 1}, state);
}

} // namespace qstar::engine
