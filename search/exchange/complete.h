#pragma once
// `qstar engine complete`: a model writes on from a prompt.
//
// The prompt is encoded with the tokens that begin a text before it. A text ends at one of the
// tokens that end it, after so many tokens, or where the context is full, which is said on standard
// error. On a terminal it comes as it is written; what is no whole character yet is held back.

#include "engine/decode/sampling.h"
#include "engine/run/flags.h"
#include "search/exchange/run_model.h"
#include "search/exchange/text_ends.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct CompleteOptions {
    std::string prompt, run = "runs/demo";
    std::string policy; // a model's file; empty: the run's sft, or else its pretrain
    int64_t tokens = 128;
    float temperature = 0; // 0: the likeliest token
    int top_k = 0;
    float top_p = 1;
    uint64_t seed = 1;
    bool json = false;
};
void describe(Flags& f, CompleteOptions& o);

void complete(const CompleteOptions& options);

struct Completion {
    std::vector<int> prompt_ids, ids; // the token that ends it is the last of `ids`
    std::vector<float> log_probs;     // of `ids`, at temperature 1
    std::string text;                 // without the token that ends it
    enum class End { token, tokens, context } end = End::tokens;
};

// on_text: told of the text as it grows, whole characters. Error for an empty prompt, and for one
// that leaves no room in the context.
Completion write_on(const RunModel& model, const RunEnds& ends, const std::string& prompt,
                    int64_t tokens, const engine::Sampling& sampling, uint64_t seed,
                    const std::function<void(std::string_view)>& on_text = {});

} // namespace qstar::search
