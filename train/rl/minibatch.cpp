#include "train/rl/minibatch.h"

#include "engine/base/pack.h"
#include "engine/base/ranks.h"
#include "engine/nn/next_token.h"
#include "search/models/gpt_scorer.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <string_view>

namespace qstar::train {

using engine::Tape, engine::Var;

namespace {

constexpr int64_t kEvaluatedRows = 64; // episodes evaluated at once

// of(minibatch), numbers of the written tokens, for all episodes; flat. With MPI the ranks share
// the minibatches.
std::vector<float> for_all(std::span<const Episode> episodes,
                           const std::function<std::vector<float>(const Minibatch&)>& of) {
    std::vector<int64_t> order(episodes.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    const std::vector<Minibatch> batches = make_minibatches(episodes, order, kEvaluatedRows);
    const std::vector<std::string> found = engine::share(batches.size(), [&](size_t b) {
        std::string bytes;
        engine::Pack{bytes}(of(batches[b]));
        return bytes;
    });
    std::vector<float> flat;
    for (size_t b = 0; b < batches.size(); ++b) {
        std::string_view bytes = found[b];
        std::vector<float> numbers;
        engine::Unpack{bytes}(numbers);
        flat.insert(flat.end(), numbers.begin(), numbers.end()); // minibatches are in flat order
    }
    return flat;
}

std::vector<float> all_scores(engine::Gpt& model, std::span<const Episode> episodes,
                              const std::vector<int> Minibatch::*where) {
    Tape tape(false);
    return for_all(episodes, [&](const Minibatch& b) {
        tape.reset();
        const Var states = hidden_rows(tape, model, b.inputs, b.rows, b.time, b.*where);
        const auto found = tape.value(scores(tape, model, states)).values();
        return std::vector<float>(found.begin(), found.end());
    });
}

// The least likely token of the step so far.
std::vector<float> text_scores(engine::Gpt& judge, std::span<const Episode> episodes) {
    std::vector<float> scores = token_probs(judge, episodes).log_prob;
    size_t k = 0;
    for (const Episode& episode : episodes) {
        float least = 0;
        auto end = episode.ends.begin();
        for (int at = episode.prompt; at < static_cast<int>(episode.tokens.size()); ++at, ++k) {
            least = std::min(least, scores[k]);
            scores[k] = search::text_logit(least);
            if (end != episode.ends.end() && at == *end) least = 0, ++end;
        }
    }
    return scores;
}

} // namespace

Minibatch make_minibatch(std::span<const Episode> episodes, std::span<const int64_t> chosen) {
    const std::vector<size_t> offsets = offsets_of(episodes);
    Minibatch batch;
    batch.rows = static_cast<int64_t>(chosen.size());
    for (const int64_t i : chosen)
        batch.time = std::max(batch.time,
                              static_cast<int64_t>(episodes[static_cast<size_t>(i)].tokens.size()));
    batch.inputs.assign(static_cast<size_t>(batch.rows * batch.time), 0);
    int64_t start = 0;
    for (const int64_t i : chosen) {
        const Episode& episode = episodes[static_cast<size_t>(i)];
        std::copy(episode.tokens.begin(), episode.tokens.end(), batch.inputs.begin() + start);
        for (int w = 0; w < episode.written(); ++w) {
            const int position = static_cast<int>(start) + episode.prompt + w;
            batch.before.push_back(position - 1);
            batch.at.push_back(position);
            batch.targets.push_back(batch.inputs[static_cast<size_t>(position)]);
            batch.flat.push_back(offsets[static_cast<size_t>(i)] + static_cast<size_t>(w));
            batch.lengths.push_back(static_cast<float>(episode.written()));
        }
        start += batch.time;
    }
    return batch;
}

Minibatch make_minibatch(std::span<const Episode> episodes) {
    std::vector<int64_t> order(episodes.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    return make_minibatch(episodes, order);
}

Minibatch rows_of(const Minibatch& batch, int64_t first, int64_t count) {
    const int64_t start = first * batch.time, stop = start + count * batch.time;
    const auto token = [&](int64_t position) { // the first written one from there on
        return std::lower_bound(batch.at.begin(), batch.at.end(), position) - batch.at.begin();
    };
    const auto begin = token(start), end = token(stop);
    const auto part = [](const auto& values, int64_t from, int64_t to) {
        return std::vector(values.begin() + from, values.begin() + to);
    };
    Minibatch rows{count,
                   batch.time,
                   part(batch.inputs, start, stop),
                   part(batch.before, begin, end),
                   part(batch.at, begin, end),
                   part(batch.targets, begin, end),
                   part(batch.flat, begin, end),
                   part(batch.lengths, begin, end)};
    for (auto* positions : {&rows.before, &rows.at})
        for (int& position : *positions) position -= static_cast<int>(start);
    return rows;
}

std::vector<Minibatch> make_minibatches(std::span<const Episode> episodes,
                                        std::span<const int64_t> order, int64_t size) {
    std::vector<Minibatch> batches;
    for (size_t begin = 0; begin < order.size(); begin += static_cast<size_t>(size)) {
        const size_t count = std::min(order.size() - begin, static_cast<size_t>(size));
        batches.push_back(make_minibatch(episodes, order.subspan(begin, count)));
    }
    return batches;
}

std::vector<float> pick(std::span<const float> flat, const Minibatch& batch) {
    std::vector<float> picked;
    picked.reserve(batch.flat.size());
    for (const size_t i : batch.flat) picked.push_back(flat[i]);
    return picked;
}

Var written_logits(Tape& tape, engine::Gpt& policy, const Minibatch& batch) {
    return logits(tape, policy,
                  hidden_rows(tape, policy, batch.inputs, batch.rows, batch.time, batch.before));
}

Var values_before(Tape& tape, engine::Gpt& critic, const Minibatch& batch) {
    return scores(tape, critic,
                  hidden_rows(tape, critic, batch.inputs, batch.rows, batch.time, batch.before));
}

TokenProbs token_probs(engine::Gpt& policy, std::span<const Episode> episodes) {
    Tape tape(false);
    const std::vector<float> pairs = for_all(episodes, [&](const Minibatch& b) {
        tape.reset();
        const Var all = written_logits(tape, policy, b);
        const Var chosen = log_prob(tape, all, b.targets), spread = entropy(tape, all);
        std::vector<float> both;
        for (int64_t k = 0; k < std::ssize(b.flat); ++k) {
            both.push_back(tape.value(chosen)[k]);
            both.push_back(tape.value(spread)[k]);
        }
        return both;
    });
    TokenProbs probs;
    for (size_t k = 0; k < pairs.size(); k += 2) {
        probs.log_prob.push_back(pairs[k]);
        probs.entropy.push_back(pairs[k + 1]);
    }
    return probs;
}

std::vector<float> values_before(engine::Gpt& critic, std::span<const Episode> episodes) {
    return all_scores(critic, episodes, &Minibatch::before);
}

std::vector<float> scores_at(engine::Gpt& reward_model, std::span<const Episode> episodes) {
    if (!reward_model.config.scalar_head) return text_scores(reward_model, episodes);
    return all_scores(reward_model, episodes, &Minibatch::at);
}

} // namespace qstar::train
