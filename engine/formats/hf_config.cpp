#include "engine/formats/hf_config.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"

#include <algorithm>
#include <fmt/core.h>
#include <initializer_list>

namespace qstar::engine {

namespace {

// "FILE: \"rope_scaling\" is {...}: this program does not compute it".
[[noreturn]] void refuse_value(const JsonLine& config, const std::string& name,
                               const std::string& wanted) {
    fail("{}: \"{}\" is {}, but this program computes {} only", config.where, name,
         json_text(config.value[name]), wanted);
}

// A truth that has to be this one, if it is there.
void want_truth(const JsonLine& config, const std::string& name, bool wanted) {
    if (has_field(config, name) && bool_field(config, name) != wanted)
        refuse_value(config, name, wanted ? "true" : "false");
}

// What has to be missing, or null.
void want_none(const JsonLine& config, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (has_field(config, name)) refuse_value(config, name, "models without it");
}

void want_one_of(const JsonLine& config, const std::string& name,
                 std::initializer_list<std::string_view> wanted) {
    if (!has_field(config, name)) return;
    const std::string found = string_field(config, name);
    if (std::find(wanted.begin(), wanted.end(), found) != wanted.end()) return;
    refuse_value(config, name, fmt::format("\"{}\"", joined(wanted, "\", \"")));
}

int64_t whole_or(const JsonLine& config, const std::string& name, int64_t other) {
    return has_field(config, name) ? int_field(config, name) : other;
}

double number_or(const JsonLine& config, const std::string& name, double other) {
    return has_field(config, name) ? number_field(config, name) : other;
}

bool truth_or(const JsonLine& config, const std::string& name, bool other) {
    return has_field(config, name) ? bool_field(config, name) : other;
}

// "architectures": a model that writes texts, or one that classifies them with a single number.
bool is_classifier(const JsonLine& config) {
    if (!has_field(config, "architectures")) return false;
    const std::vector<std::string> names = strings_field(config, "architectures");
    if (names.size() != 1) refuse_value(config, "architectures", "one architecture");
    const std::string& name = names.front();
    if (name.ends_with("ForSequenceClassification")) {
        const int64_t labels = has_field(config, "num_labels") ? int_field(config, "num_labels")
                               : has_field(config, "id2label")
                                   ? static_cast<int64_t>(config.value["id2label"].size())
                                   : 2;
        if (labels != 1)
            fail("{}: a classifier of {} labels, but this program computes a single score only",
                 config.where, labels);
        return true;
    }
    if (!name.ends_with("ForCausalLM") && !name.ends_with("LMHeadModel") && name != "GPT2Model" &&
        name != "LlamaModel" && name != "Qwen2Model" && name != "Qwen3Model")
        refuse_value(config, "architectures", "models of the next token and classifiers");
    return false;
}

GptConfig gpt2_config(const JsonLine& config) {
    want_one_of(config, "activation_function", {"gelu_new", "gelu_pytorch_tanh"});
    want_truth(config, "scale_attn_weights", true);
    want_truth(config, "scale_attn_by_inverse_layer_idx", false);
    want_truth(config, "add_cross_attention", false);
    want_truth(config, "tie_word_embeddings", true);
    GptConfig gpt;
    gpt.layers = int_field(config, "n_layer");
    gpt.heads = int_field(config, "n_head");
    gpt.width = int_field(config, "n_embd");
    gpt.context = int_field(config, has_field(config, "n_positions") ? "n_positions" : "n_ctx");
    gpt.hidden = whole_or(config, "n_inner", 0);
    gpt.norm_epsilon = number_or(config, "layer_norm_epsilon", 1e-5);
    return gpt;
}

// transformers 5 has the base and the kind of the rotary positions in an object.
void read_rope(const JsonLine& config, GptConfig& gpt) {
    want_none(config, {"rope_scaling"});
    want_truth(config, "rope_interleaved", false);
    gpt.rope_base = number_or(config, "rope_theta", 10'000);
    if (has_field(config, "rope_parameters")) {
        const JsonLine rope = object_field(config, "rope_parameters");
        for (const auto& [name, value] : rope.value.items()) {
            if (name == "rope_theta")
                gpt.rope_base = number_field(rope, name);
            else if (name == "rope_type" || name == "type")
                want_one_of(rope, name, {"default"});
            else if (name != "partial_rotary_factor" && !value.is_null())
                refuse_value(rope, name, "rotary positions of the type \"default\"");
        }
        if (number_or(rope, "partial_rotary_factor", 1) < 1)
            refuse_value(rope, "partial_rotary_factor", "heads that are turned as a whole");
    }
    if (number_or(config, "partial_rotary_factor", 1) < 1)
        refuse_value(config, "partial_rotary_factor", "heads that are turned as a whole");
}

void check_attention(const JsonLine& config, Family family) {
    want_one_of(config, "hidden_act", {"silu", "swish"});
    if (family != Family::qwen2) want_truth(config, "attention_bias", false);
    want_truth(config, "mlp_bias", false);
    want_truth(config, "use_sliding_window", false);
    // Of qwen2 and qwen3 it says nothing without "use_sliding_window".
    if (family == Family::llama) want_none(config, {"sliding_window"});
    if (has_field(config, "layer_types"))
        for (const std::string& type : strings_field(config, "layer_types"))
            if (type != "full_attention") refuse_value(config, "layer_types", "\"full_attention\"");
    want_none(config, {"num_experts", "num_local_experts", "n_routed_experts"});
}

GptConfig rotary_config(const JsonLine& config, Family family) {
    check_attention(config, family);
    GptConfig gpt;
    gpt.family = family;
    gpt.layers = int_field(config, "num_hidden_layers");
    gpt.heads = int_field(config, "num_attention_heads");
    gpt.width = int_field(config, "hidden_size");
    gpt.hidden = int_field(config, "intermediate_size");
    gpt.context = int_field(config, "max_position_embeddings");
    // A missing number is that of all heads in llama alone.
    if (family == Family::llama)
        gpt.kv_heads = whole_or(config, "num_key_value_heads", gpt.heads);
    else
        gpt.kv_heads = int_field(config, "num_key_value_heads");
    gpt.head_size = whole_or(config, "head_dim", family == Family::qwen3 ? 128 : 0);
    gpt.norm_epsilon = number_or(config, "rms_norm_eps", 1e-6);
    read_rope(config, gpt);
    gpt.tied = truth_or(config, "tie_word_embeddings", false);
    for (const char* name : {"num_key_value_heads", "head_dim"})
        if (has_field(config, name) && int_field(config, name) < 1)
            fail("{}: \"{}\" must be 1 or more, found {}", config.where, name,
                 int_field(config, name));
    return gpt;
}

std::string model_class(Family family, bool classifier) {
    const std::string name = family == Family::gpt2    ? "GPT2"
                             : family == Family::llama ? "Llama"
                             : family == Family::qwen2 ? "Qwen2"
                                                       : "Qwen3";
    if (classifier) return name + "ForSequenceClassification";
    return name + (family == Family::gpt2 ? "LMHeadModel" : "ForCausalLM");
}

void put_sizes(Json& json, const GptConfig& c) {
    if (c.family == Family::gpt2) {
        json["n_layer"] = c.layers;
        json["n_head"] = c.heads;
        json["n_embd"] = c.width;
        json["n_positions"] = c.context;
        json["n_ctx"] = c.context;
        json["n_inner"] = hidden_width(c);
        json["activation_function"] = "gelu_new";
        json["layer_norm_epsilon"] = c.norm_epsilon > 0 ? c.norm_epsilon : 1e-5;
        json["tie_word_embeddings"] = true;
        return;
    }
    json["num_hidden_layers"] = c.layers;
    json["num_attention_heads"] = c.heads;
    json["num_key_value_heads"] = kv_heads(c);
    json["head_dim"] = head_size(c);
    json["hidden_size"] = c.width;
    json["intermediate_size"] = hidden_width(c);
    json["max_position_embeddings"] = c.context;
    json["hidden_act"] = "silu";
    json["rms_norm_eps"] = c.norm_epsilon > 0 ? c.norm_epsilon : 1e-6;
    json["rope_theta"] = c.rope_base;
    json["rope_scaling"] = nullptr;
    if (c.family != Family::qwen2) json["attention_bias"] = false;
    if (c.family == Family::llama)
        json["mlp_bias"] = false;
    else
        json["use_sliding_window"] = false;
    json["tie_word_embeddings"] = c.tied;
}

Json end_json(const TextEnds& ends) {
    if (ends.end.empty()) return nullptr;
    return ends.end.size() == 1 ? Json(ends.end.front()) : Json(ends.end);
}

} // namespace

HfConfig read_hf_config(const JsonLine& config, int64_t context) {
    if (!config.value.is_object()) fail("{}: expected a JSON object", config.where);
    HfConfig result;
    const std::string type = string_field(config, "model_type");
    const auto known = std::find_if(kFamilies.begin(), kFamilies.end(),
                                    [&](Family f) { return family_name(f) == type; });
    if (known == kFamilies.end())
        fail("{}: \"model_type\" is \"{}\", but this program computes gpt2, llama, qwen2 and qwen3 "
             "only",
             config.where, type);
    want_none(config, {"auto_map", "quantization_config"});
    const bool classifier = is_classifier(config);
    result.gpt = *known == Family::gpt2 ? gpt2_config(config) : rotary_config(config, *known);
    result.gpt.scalar_head = classifier;
    result.gpt.vocab = int_field(config, "vocab_size");
    check_sizes(result.gpt, config.where + ": the model's ");
    if (context > 0) result.gpt.context = std::min(result.gpt.context, context);
    result.gpt = with_defaults_left_out(result.gpt);
    read_text_ends(config, result.ends);
    if (has_field(config, "qstar_reading")) result.reading = string_field(config, "qstar_reading");
    return result;
}

void read_text_ends(const JsonLine& generation, TextEnds& ends) {
    if (has_field(generation, "bos_token_id")) ends.begin = int_field(generation, "bos_token_id");
    if (!has_field(generation, "eos_token_id")) return;
    ends.end.clear();
    if (!generation.value["eos_token_id"].is_array()) {
        ends.end = {int_field(generation, "eos_token_id")};
        return;
    }
    for (const Json& id : generation.value["eos_token_id"]) {
        if (!id.is_number_integer())
            fail("{}: field \"eos_token_id\": expected whole numbers, found {}", generation.where,
                 json_text(id));
        ends.end.push_back(id.get<int64_t>());
    }
}

Json hf_config_json(const HfConfig& config, WeightType type) {
    const GptConfig& c = config.gpt;
    Json json{{"architectures", Json::array({model_class(c.family, c.scalar_head)})},
              {"model_type", std::string(family_name(c.family))},
              {"vocab_size", c.vocab}};
    put_sizes(json, c);
    if (config.ends.begin) json["bos_token_id"] = *config.ends.begin;
    if (!config.ends.end.empty()) json["eos_token_id"] = end_json(config.ends);
    if (c.scalar_head) {
        json["num_labels"] = 1;
        json["id2label"] = Json{{"0", "right"}};
        json["label2id"] = Json{{"right", 0}};
        json["problem_type"] = "regression";
        json["qstar_score"] = "the probability is sigmoid(score.weight h + score.bias), at the "
                              "last token of a step; transformers leaves score.bias out";
    }
    if (!config.reading.empty()) json["qstar_reading"] = config.reading;
    json["torch_dtype"] = type == WeightType::f32   ? "float32"
                          : type == WeightType::f16 ? "float16"
                                                    : "bfloat16";
    return json;
}

Json generation_config_json(const TextEnds& ends) {
    Json json = Json::object();
    if (ends.begin) json["bos_token_id"] = *ends.begin;
    if (!ends.end.empty()) json["eos_token_id"] = end_json(ends);
    return json;
}

GptConfig with_defaults_left_out(GptConfig config) {
    const auto same = [](const GptConfig& a, const GptConfig& b) {
        return hidden_width(a) == hidden_width(b) && kv_heads(a) == kv_heads(b) &&
               head_size(a) == head_size(b) &&
               norm_epsilon(a) - norm_epsilon(b) == 0; // the same float
    };
    const auto leave_out = [&](auto GptConfig::*size) {
        GptConfig other = config;
        other.*size = 0;
        if (same(other, config)) config = other;
    };
    leave_out(&GptConfig::hidden);
    leave_out(&GptConfig::kv_heads);
    if (config.width % config.heads == 0) leave_out(&GptConfig::head_size);
    leave_out(&GptConfig::norm_epsilon);
    return config;
}

} // namespace qstar::engine
