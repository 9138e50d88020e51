#include "engine/formats/gguf_names.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace qstar::engine {

namespace {

using Names = std::pair<std::string_view, std::string_view>; // ours, theirs

constexpr std::array kRotaryNames = {
    Names{"input_layernorm", "attn_norm"},    Names{"self_attn.q_proj", "attn_q"},
    Names{"self_attn.k_proj", "attn_k"},      Names{"self_attn.v_proj", "attn_v"},
    Names{"self_attn.o_proj", "attn_output"}, Names{"self_attn.q_norm", "attn_q_norm"},
    Names{"self_attn.k_norm", "attn_k_norm"}, Names{"post_attention_layernorm", "ffn_norm"},
    Names{"mlp.gate_proj", "ffn_gate"},       Names{"mlp.up_proj", "ffn_up"},
    Names{"mlp.down_proj", "ffn_down"},       Names{"model.embed_tokens", "token_embd"},
    Names{"model.norm", "output_norm"},       Names{"lm_head", "output"}};

constexpr std::array kGpt2Names = {
    Names{"ln_1", "attn_norm"},          Names{"attn.c_attn", "attn_qkv"},
    Names{"attn.c_proj", "attn_output"}, Names{"ln_2", "ffn_norm"},
    Names{"mlp.c_fc", "ffn_up"},         Names{"mlp.c_proj", "ffn_down"},
    Names{"wte", "token_embd"},          Names{"wpe", "position_embd"},
    Names{"ln_f", "output_norm"}};

std::string_view their_name(std::string_view ours, bool gpt2) {
    const auto find = [&](const auto& names) {
        const auto at = std::find_if(names.begin(), names.end(),
                                     [&](const Names& pair) { return pair.first == ours; });
        if (at == names.end()) fail("GGUF has no name for the parameter \"{}\"", ours);
        return at->second;
    };
    return gpt2 ? find(kGpt2Names) : find(kRotaryNames);
}

} // namespace

GgufName gguf_name(const std::string& parameter, const GptConfig& config) {
    const bool gpt2 = config.family == Family::gpt2;
    const size_t dot = parameter.rfind('.'); // before "weight" or "bias"
    std::string_view ours = std::string_view(parameter).substr(0, dot);
    std::string theirs;
    const std::string_view block = gpt2 ? "h." : "model.layers.";
    if (ours.starts_with(block)) {
        ours.remove_prefix(block.size());
        const size_t end = ours.find('.');
        theirs = "blk." + std::string(ours.substr(0, end)) + ".";
        ours.remove_prefix(end + 1);
    }
    GgufName name{theirs + std::string(their_name(ours, gpt2)) + parameter.substr(dot)};
    const bool weight = parameter.ends_with(".weight");
    name.transposed = gpt2 && weight && (ours.starts_with("attn.") || ours.starts_with("mlp."));
    if (config.family == Family::llama && ours == "self_attn.q_proj")
        name.paired_heads = config.heads;
    if (config.family == Family::llama && ours == "self_attn.k_proj")
        name.paired_heads = kv_heads(config);
    return name;
}

} // namespace qstar::engine
