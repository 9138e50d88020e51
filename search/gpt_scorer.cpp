#include "search/gpt_scorer.h"

#include "engine/error.h"
#include "search/encode.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qstar::search {

GptScorer::GptScorer(engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
                     int64_t batch_tokens)
    : model_(model), tokenizer_(tokenizer), batch_tokens_(batch_tokens) {
    if (!model.config.scalar_head) fail("a scorer needs a model with a scalar head, found none");
    if (tokenizer.size() > model.config.vocab)
        fail("the tokenizer has {} tokens, the model a vocabulary of {}", tokenizer.size(),
             model.config.vocab);
}

std::vector<Scores> GptScorer::score(std::span<const Path> paths) {
    std::vector<EncodedPath> encoded;
    for (const Path& path : paths) {
        encoded.push_back(encode(tokenizer_, path));
        if (static_cast<int64_t>(encoded.back().tokens.size()) > model_.config.context)
            fail("problem \"{}\": its path has {} tokens, the scorer's context is {}",
                 path.problem.substr(0, 100), encoded.back().tokens.size(), model_.config.context);
    }
    std::vector<size_t> order; // the longest first
    for (size_t i = 0; i < paths.size(); ++i)
        if (!paths[i].steps.empty()) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return encoded[a].tokens.size() > encoded[b].tokens.size();
    });

    std::vector<Scores> results(paths.size());
    for (size_t begin = 0; begin < order.size();) {
        const int64_t time = static_cast<int64_t>(encoded[order[begin]].tokens.size());
        const size_t count = std::min(
            order.size() - begin, static_cast<size_t>(std::max<int64_t>(1, batch_tokens_ / time)));
        std::vector<int> tokens(count * static_cast<size_t>(time), encoded[order[begin]].tokens[0]);
        std::vector<int> rows;
        for (size_t i = 0; i < count; ++i) {
            const EncodedPath& path = encoded[order[begin + i]];
            const size_t start = i * static_cast<size_t>(time);
            std::copy(path.tokens.begin(), path.tokens.end(),
                      tokens.begin() + static_cast<std::ptrdiff_t>(start));
            for (const int end : path.ends) rows.push_back(static_cast<int>(start) + end);
        }
        tape_.reset();
        const engine::Var states =
            engine::hidden(tape_, model_, tokens, static_cast<int64_t>(count), time);
        const engine::Var scores =
            engine::scores(tape_, model_, engine::gather_rows(tape_, states, rows));
        const float* score = tape_.value(scores).data();
        for (size_t i = 0; i < count; ++i) {
            Scores& result = results[order[begin + i]];
            const EncodedPath& path = encoded[order[begin + i]];
            result.tokens = static_cast<int64_t>(path.tokens.size());
            for (size_t step = 0; step < path.ends.size(); ++step)
                result.steps.push_back(1 / (1 + std::exp(-*score++)));
        }
        begin += count;
    }
    return results;
}

} // namespace qstar::search
