#include "engine/formats/peft.h"

#include "engine/base/error.h"
#include "engine/formats/parameters.h"
#include "engine/io/files.h"
#include "engine/nn/lora.h"
#include "engine/nn/safetensors.h"
#include "engine/tensor/number_type.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace qstar::engine {

namespace {

// Words of adapter_config.json that change nothing of the sum: where it came from, how it was
// begun and trained, which modules it has (the tensors say so).
constexpr std::array kIdleWords = {"auto_mapping",
                                   "base_model_name_or_path",
                                   "corda_config",
                                   "eva_config",
                                   "exclude_modules",
                                   "fan_in_fan_out",
                                   "inference_mode",
                                   "layers_pattern",
                                   "layers_to_transform",
                                   "loftq_config",
                                   "lora_dropout",
                                   "megatron_config",
                                   "megatron_core",
                                   "modules_to_save",
                                   "peft_version",
                                   "qalora_group_size",
                                   "revision",
                                   "runtime_config",
                                   "target_modules",
                                   "task_type"};

std::string adapter_config_file(const std::string& folder) {
    return join_path(folder, "adapter_config.json");
}

bool says_nothing(const Json& value) {
    return value.is_null() || value == Json(false) || (value.is_structured() && value.empty());
}

[[noreturn]] void refuse_word(const JsonLine& config, const std::string& word,
                              std::string_view wanted) {
    fail("{}: \"{}\" is {}, but this program reads {} only", config.where, word,
         json_text(config.value[word]), wanted);
}

// s of W + s B A.
float scale_of_adapter(const JsonLine& config) {
    if (string_field(config, "peft_type") != "LORA")
        refuse_word(config, "peft_type", "adapters of LoRA (\"LORA\")");
    for (const auto& [word, value] : config.value.items()) {
        if (word == "peft_type" || word == "r" || word == "lora_alpha" || word == "use_rslora")
            continue;
        if (word == "bias") {
            if (value != "none" && !value.is_null()) refuse_word(config, word, "\"none\"");
        } else if (word == "init_lora_weights") {
            // Others take a part of the base away first.
            if (value.is_string() && value != "gaussian" && value != "eva" && value != "orthogonal")
                refuse_word(config, word, "true, false, \"gaussian\", \"eva\" and \"orthogonal\"");
        } else if (std::ranges::find(kIdleWords, word) == kIdleWords.end() &&
                   !says_nothing(value)) {
            refuse_word(config, word, "adapters without it");
        }
    }
    const auto rank = static_cast<double>(int_field(config, "r"));
    const double alpha = number_field(config, "lora_alpha");
    if (rank < 1) refuse_word(config, "r", "ranks of 1 and more");
    const bool by_root = has_field(config, "use_rslora") && bool_field(config, "use_rslora");
    const double scale = alpha / (by_root ? std::sqrt(rank) : rank);
    if (std::abs(scale) > std::numeric_limits<float>::max())
        refuse_word(config, "lora_alpha", "numbers that a float holds");
    return static_cast<float>(scale);
}

class Adapter {
  public:
    explicit Adapter(const std::string& folder)
        : path_(join_path(folder, "adapter_model.safetensors")), file_(opened(folder)) {}

    const std::string& path() const { return path_; }
    const SafeTensorsReader& file() const { return file_; }
    bool has(const std::string& tensor) const { return file_.tensors().contains(tensor); }
    // In ordinary memory.
    Tensor read(const std::string& tensor, const Shape& shape) const {
        file_.check_weight(tensor);
        file_.check_shape(tensor, shape); // before memory is asked for
        const Tensor to = Tensor::unwritten(shape, cpu_device());
        file_.read(tensor, to);
        return to;
    }

  private:
    std::string opened(const std::string& folder) const {
        if (!exists(path_) && exists(join_path(folder, "adapter_model.bin")))
            fail("{}: expected adapter_model.safetensors, found adapter_model.bin, a pickle, which "
                 "is a program and is not run: save it again with safe_serialization",
                 folder);
        return path_;
    }

    std::string path_;
    SafeTensorsReader file_;
};

// Where the model has what the adapter names; Error if it has not.
Parameter& adapted(Gpt& gpt, const Adapter& adapter, const std::string& tensor,
                   const std::string& module) {
    const std::string name = hf_parameter(module, gpt.config);
    for (Parameter& p : gpt.parameters)
        if (p.name == name) return p;
    fail("{}: tensor \"{}\": the model has no \"{}\" that an adapter could change", adapter.path(),
         tensor, module);
}

void add_adapter_product(Gpt& gpt, const Adapter& adapter, const std::string& stem, int64_t rank,
                         float scale) {
    const std::string a_name = stem + "lora_A.weight", b_name = stem + "lora_B.weight";
    for (const std::string& name : {a_name, b_name})
        if (!adapter.has(name)) fail("{}: there is no tensor \"{}\"", adapter.path(), name);
    Parameter& weight = adapted(gpt, adapter, a_name, stem.substr(kPeftPrefix.size()) + "weight");
    if (weight.value.shape().rank != 2)
        fail("{}: tensor \"{}\": what it changes is no linear map", adapter.path(), a_name);
    const auto [in, out] = in_and_out(weight);
    const Tensor a = adapter.read(a_name, {rank, in}), b = adapter.read(b_name, {out, rank});
    weight.value = with_product(weight, a, b, scale);
    check_finite(weight.value.clone(cpu_device()).values(), 0, a_name, adapter.path());
}

void replace_whole(Gpt& gpt, const Adapter& adapter, const std::string& tensor) {
    Parameter& p = adapted(gpt, adapter, tensor, tensor.substr(kPeftPrefix.size()));
    const Shape& shape = p.value.shape();
    const bool column = p.name == "score.weight"; // (out, in) elsewhere
    const Tensor read = adapter.read(tensor, column ? Shape{shape[1], shape[0]} : shape);
    p.value = read.reshaped(shape).clone(p.value.device());
}

} // namespace

bool is_adapter(const std::string& path) {
    return is_folder(path) && exists(adapter_config_file(path)) &&
           !exists(join_path(path, "config.json"));
}

std::string base_of_adapter(const std::string& folder, const std::string& otherwise) {
    const JsonLine config = read_json(adapter_config_file(folder));
    const std::string name = has_field(config, "base_model_name_or_path")
                                 ? string_field(config, "base_model_name_or_path")
                                 : "";
    for (const std::string& place : {join_path(folder, name), name})
        if (!name.empty() && exists(place)) return place;
    fail("{}: the adapter belongs to \"{}\", which does not lie here: {}", folder, name, otherwise);
}

Gpt with_adapter(const Gpt& base, const std::string& folder) {
    const JsonLine config = read_json(adapter_config_file(folder));
    const float scale = scale_of_adapter(config);
    const int64_t rank = int_field(config, "r");
    const Adapter adapter(folder);
    const bool new_head =
        !base.config.scalar_head && adapter.has(std::string(kPeftPrefix) + "score.weight");
    Gpt gpt = new_head ? with_scalar_head(base) : base;
    int64_t products = 0;
    for (const auto& [tensor, place] : adapter.file().tensors()) {
        const auto named = [&name = tensor](std::string_view end) { return name.ends_with(end); };
        if (!tensor.starts_with(kPeftPrefix))
            fail("{}: tensor \"{}\": expected a name that begins with \"{}\"", adapter.path(),
                 tensor, kPeftPrefix);
        if (named(".lora_A.weight") || named(".lora_B.weight")) {
            const std::string stem = tensor.substr(0, tensor.size() - 13);
            if (named(".lora_B.weight") && adapter.has(stem + "lora_A.weight")) continue;
            add_adapter_product(gpt, adapter, stem, rank, scale);
            ++products;
        } else if (tensor.find(".lora_") != tensor.npos) {
            fail("{}: tensor \"{}\": expected lora_A.weight and lora_B.weight of linear maps",
                 adapter.path(), tensor);
        } else {
            replace_whole(gpt, adapter, tensor);
        }
    }
    if (products == 0) fail("{}: it holds no lora_A.weight", adapter.path());
    return gpt;
}

} // namespace qstar::engine
