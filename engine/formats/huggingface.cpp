#include "engine/formats/huggingface.h"

#include "engine/base/error.h"
#include "engine/formats/parameters.h"
#include "engine/io/files.h"
#include "engine/nn/safetensors.h"

#include <algorithm>
#include <list>
#include <set>

namespace qstar::engine {

namespace {

// The folder's weights: by parameters' names where they lie.
class HfWeights {
  public:
    HfWeights(const std::string& folder, const GptConfig& config) : folder_(folder) {
        const std::string whole = join_path(folder, "model.safetensors");
        const std::string index = join_path(folder, "model.safetensors.index.json");
        if (exists(whole)) {
            add(whole, config);
        } else if (exists(index)) {
            const auto where = read_weight_map(read_json(index));
            std::set<std::string> files;
            for (const auto& [tensor, file] : where) files.insert(file);
            for (const std::string& file : files) add(join_path(folder, file), config);
            for (const auto& [tensor, file] : where) check_indexed(index, tensor, file);
        } else {
            fail("{}: expected model.safetensors or model.safetensors.index.json, found neither",
                 folder);
        }
    }

    int64_t numbers() const { return numbers_; }

    const Shape& shape(const std::string& parameter) const {
        const Found& found = at(parameter);
        return found.file->tensors().at(found.tensor).shape;
    }
    void read(const std::string& parameter, const Tensor& to) const {
        const Found& found = at(parameter);
        found.file->check_weight(found.tensor);
        found.file->read(found.tensor, to);
    }
    // Where it lies, if it can stay there.
    Tensor tensor(const std::string& parameter, const Shape& shape) const {
        const Found& found = at(parameter);
        found.file->check_weight(found.tensor);
        return found.file->tensor(found.tensor, shape);
    }
    void check_nothing_else(const Gpt& gpt) const {
        std::set<std::string_view> known;
        for (const Parameter& p : gpt.parameters) known.insert(p.name);
        for (const auto& [parameter, found] : found_)
            if (!known.contains(parameter))
                fail("{}: tensor \"{}\": not one of the {} tensors of a model of this family and "
                     "shape",
                     found.path, found.tensor, known.size());
    }
    bool has(const std::string& parameter) const { return found_.contains(parameter); }

  private:
    struct Found {
        const SafeTensorsReader* file;
        std::string path, tensor;
    };

    const Found& at(const std::string& parameter) const {
        const auto found = found_.find(parameter);
        if (found == found_.end()) fail("{}: there is no tensor \"{}\"", folder_, parameter);
        return found->second;
    }

    void add(const std::string& path, const GptConfig& config) {
        files_.emplace_back(path);
        for (const auto& [tensor, place] : files_.back().tensors()) {
            where_[tensor] = path;
            const std::string name = hf_parameter(tensor, config);
            if (name.empty()) continue;
            numbers_ += place.shape.size();
            const auto [twin, added] = found_.insert({name, {&files_.back(), path, tensor}});
            if (!added)
                fail("{}: tensor \"{}\" stands there twice, also in {}", path, tensor,
                     twin->second.path);
        }
    }

    void check_indexed(const std::string& index, const std::string& tensor,
                       const std::string& file) const {
        const auto found = where_.find(tensor);
        const std::string path = join_path(folder_, file);
        if (found == where_.end() || found->second != path)
            fail("{}: tensor \"{}\" should be in {}, but {}", index, tensor, path,
                 found == where_.end() ? "is in none of the files" : "is in " + found->second);
    }

    std::string folder_;
    std::list<SafeTensorsReader> files_;
    std::map<std::string, std::string> where_; // by tensors' own names
    std::map<std::string, Found> found_;       // by parameters' names
    int64_t numbers_ = 0;
};

// Ours has a bias that transformers' classifiers lack, and lies the other way: one number a row.
void read_score(const HfWeights& weights, const Parameter& p, const GptConfig& config) {
    if (p.name == "score.weight")
        weights.read(p.name, p.value.reshaped({1, config.width}));
    else if (weights.has(p.name))
        weights.read(p.name, p.value);
    else
        p.value.fill(0);
}

} // namespace

std::map<std::string, std::string> read_weight_map(const JsonLine& index) {
    std::map<std::string, std::string> files;
    const JsonLine map = object_field(index, "weight_map");
    for (const auto& [tensor, file] : map.value.items()) {
        if (!file.is_string())
            fail("{}: tensor \"{}\": expected the name of a file, found {}", map.where, tensor,
                 json_text(file));
        const auto name = file.get<std::string>();
        if (name.find('/') != name.npos || !name.ends_with(".safetensors") || name.starts_with('.'))
            fail("{}: tensor \"{}\": expected the name of a safetensors file beside the index, "
                 "found \"{}\"",
                 map.where, tensor, name);
        files[tensor] = name;
    }
    if (files.empty()) fail("{}: no tensor stands there", map.where);
    return files;
}

HfModel read_huggingface(const std::string& folder, int64_t context) {
    const std::string path = join_path(folder, "config.json");
    if (!exists(path)) fail("{}: expected a model's folder with a config.json", folder);
    HfConfig config = read_hf_config(read_json(path), context);
    const std::string generation = join_path(folder, "generation_config.json");
    if (exists(generation)) read_text_ends(read_json(generation), config.ends);

    const HfWeights weights(folder, config.gpt);
    check_claims(config.gpt, weights.numbers(), path);
    Gpt gpt(config.gpt);
    weights.check_nothing_else(gpt);
    for (Parameter& p : gpt.parameters) {
        if (p.name.starts_with("score."))
            read_score(weights, p, config.gpt);
        else if (p.name == "wpe.weight")
            read_first_rows(p.value, weights.shape(p.name),
                            [&](const Tensor& to) { weights.read(p.name, to); });
        else if (p.value.device().is_host())
            p.value = weights.tensor(p.name, p.value.shape());
        else
            weights.read(p.name, p.value);
    }
    return {std::move(config), std::move(gpt)};
}

void write_huggingface(const std::string& folder, const Gpt& gpt, const HfConfig& config,
                       WeightType type) {
    HfConfig written = config;
    written.gpt = gpt.config;
    SafeTensors file;
    file.metadata["format"] = "pt";
    for (const Parameter& p : gpt.parameters) {
        const bool ours = p.name == "score.weight";
        const bool head = p.name.starts_with("score.") || gpt.config.family != Family::gpt2;
        file.tensors[(head ? "" : "transformer.") + p.name] =
            ours ? p.value.reshaped({1, gpt.config.width}) : p.value;
    }
    write_safetensors(join_path(folder, "model.safetensors"), file, type);
    write_json(join_path(folder, "generation_config.json"), generation_config_json(written.ends));
    write_json(join_path(folder, "config.json"), hf_config_json(written, type));
}

} // namespace qstar::engine
