#pragma once
// Tiny random models, for tests of what stands before a GPT.

#include "engine/nn/gpt.h"
#include "search/models/proposer.h"
#include "tokenizer/bpe.h"

#include <string>

namespace qstar::search {

inline engine::GptConfig tiny(int64_t context = 96) {
    engine::GptConfig config;
    config.layers = 2;
    config.heads = 2;
    config.width = 16;
    config.context = context;
    config.vocab = tokenizer::Tokenizer().size();
    return config;
}

// A random model that often ends its steps: the end tokens' rows of the tied head
// point along the final bias, so that their logits are larger.
inline engine::Gpt chatty(int64_t context = 96) {
    engine::Gpt model(tiny(context), Random(3, "gpt_models_test"));
    const tokenizer::Tokenizer tokenizer;
    engine::Tensor& table = model.parameter("wte.weight").value;
    engine::Tensor& bias = model.parameter("ln_f.bias").value;
    bias[0] = 3;
    for (const std::string_view name : {tokenizer::kStep, tokenizer::kAnswer})
        table[tokenizer.special(name) * 16] = 1.2f;
    for (const char c : std::string("0123456789")) table[tokenizer.encode({&c, 1})[0] * 16] = 1.0f;
    return model;
}

inline bool same(const Proposals& a, const Proposals& b) {
    if (a.steps.size() != b.steps.size() || a.tokens != b.tokens || a.generated != b.generated)
        return false;
    for (size_t i = 0; i < a.steps.size(); ++i)
        if (a.steps[i].text != b.steps[i].text || a.steps[i].final != b.steps[i].final ||
            a.steps[i].log_prob != b.steps[i].log_prob || a.steps[i].count != b.steps[i].count)
            return false;
    return true;
}

} // namespace qstar::search
