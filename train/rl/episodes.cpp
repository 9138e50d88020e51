#include "train/rl/episodes.h"

#include "engine/base/error.h"
#include "engine/base/pack.h"
#include "engine/base/ranks.h"
#include "engine/decode/decoder.h"
#include "engine/decode/sampling.h"
#include "engine/nn/next_token.h"
#include "search/models/encode.h"
#include "search/models/gpt_scorer.h"
#include "search/models/stream.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>

namespace qstar::train {

using engine::Tape, engine::Tensor, engine::Var;

namespace {

constexpr size_t slots = 128;          // solutions written at once
constexpr int64_t evaluated_rows = 64; // episodes evaluated at once

// Takes the next token; false when the solution is over.
bool take(Episode& episode, std::string& open, int token, const tokenizer::FormReader& form,
          int64_t limit) {
    using Event = tokenizer::FormReader::Event;
    episode.tokens.push_back(token);
    std::string line;
    const Event event = form.take(token, open, line);
    if (event == Event::broken) return false;
    if (event != Event::goes_on) {
        episode.path.finished = event == Event::ends_solution;
        episode.ends.push_back(static_cast<int>(episode.tokens.size()) - 1);
        episode.path.steps.push_back(std::move(line));
    }
    return !episode.path.finished && static_cast<int64_t>(episode.tokens.size()) < limit;
}

// Writes the solutions of `episodes`, which are prompts so far; equal neighbours share the
// evaluation of theirs.
void write_out(engine::Decoder& decoder, const tokenizer::Tokenizer& tokenizer,
               std::span<Episode> episodes, std::span<Random> randoms, int64_t max_tokens,
               int64_t context) {
    std::vector<engine::Decoder::Feed> feeds;
    std::vector<engine::TokenDraw> draws; // of each solution that is being written
    std::vector<size_t> writing(episodes.size());
    std::iota(writing.begin(), writing.end(), size_t{0});
    const auto slot = [](size_t i) { return static_cast<int>(i); };
    const auto draw_for = [&](size_t i) {
        const int row = static_cast<int>(feeds.size()) - 1; // the last one that is fed
        draws.push_back(engine::draw_from(row, {1, 0, 1}, randoms[i]));
    };
    for (const size_t i : writing) {
        decoder.clear(slot(i));
        if (i == 0 || episodes[i].group != episodes[i - 1].group)
            feeds.push_back({slot(i), episodes[i].tokens});
        draw_for(i);
    }
    decoder.feed_and_draw(feeds, draws, tokenizer.size());
    for (const size_t i : writing)
        decoder.fork(feeds[static_cast<size_t>(draws[i].row)].slot, slot(i));

    const tokenizer::FormReader form(tokenizer);
    std::vector<std::string> lines(episodes.size());
    while (true) {
        std::vector<size_t> still;
        for (size_t k = 0; k < writing.size(); ++k) {
            const size_t i = writing[k];
            const int64_t limit = std::min(context, episodes[i].prompt + max_tokens);
            if (take(episodes[i], lines[i], draws[k].token, form, limit)) still.push_back(i);
        }
        if (still.empty()) return;
        writing = std::move(still);
        feeds.clear();
        draws.clear();
        for (const size_t i : writing) {
            feeds.push_back({slot(i), {&episodes[i].tokens.back(), 1}});
            draw_for(i);
        }
        decoder.feed_and_draw(feeds, draws, tokenizer.size());
    }
}

// of(minibatch), numbers of the written tokens, for all episodes; flat. With MPI the ranks share
// the minibatches.
std::vector<float> for_all(std::span<const Episode> episodes,
                           const std::function<std::vector<float>(const Minibatch&)>& of) {
    std::vector<int64_t> order(episodes.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    const std::vector<Minibatch> batches = make_minibatches(episodes, order, evaluated_rows);
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

// What was written to some prompts, from rank to rank.
template <class EpisodeT, class Each>
void each_written(EpisodeT& e, const Each& each) {
    each(e.path.steps), each(e.path.finished), each(e.tokens), each(e.ends);
}

// Each rank writes out some of the episodes.
void write_out_on_ranks(const std::function<void(std::span<Episode>, std::span<Random>)>& write,
                        std::span<Episode> episodes, std::span<Random> randoms) {
    const auto ranks = static_cast<size_t>(engine::ranks());
    const auto of_rank = [&](size_t rank) {
        return engine::slice_of(episodes.size(), rank, ranks);
    };
    const std::vector<std::string> written = engine::share(ranks, [&](size_t rank) {
        const auto [begin, count] = of_rank(rank);
        write(episodes.subspan(begin, count), randoms.subspan(begin, count));
        std::string bytes;
        if (ranks > 1)
            for (const Episode& e : episodes.subspan(begin, count))
                each_written(e, engine::Pack{bytes});
        return bytes;
    });
    for (size_t rank = 0; ranks > 1 && rank < ranks; ++rank) {
        std::string_view bytes = written[rank];
        const auto [begin, count] = of_rank(rank);
        for (Episode& e : episodes.subspan(begin, count)) each_written(e, engine::Unpack{bytes});
    }
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

} // namespace

std::vector<Episode> roll_out(const engine::Gpt& policy, const tokenizer::Tokenizer& tokenizer,
                              std::span<const std::string> problems, int64_t samples,
                              int64_t max_tokens, uint64_t seed, uint64_t stream) {
    std::vector<Episode> episodes;
    std::vector<Random> randoms;
    for (size_t p = 0; p < problems.size(); ++p) {
        Episode episode;
        episode.path.problem = problems[p];
        episode.group = static_cast<int>(p);
        episode.tokens = search::encode(tokenizer, episode.path).tokens;
        episode.prompt = static_cast<int>(episode.tokens.size());
        if (episode.prompt >= policy.config.context)
            fail("problem \"{}\": its prompt has {} tokens, the model's context is {}", problems[p],
                 episode.prompt, policy.config.context);
        for (int64_t s = 0; s < samples; ++s) {
            episodes.push_back(episode);
            randoms.emplace_back(seed, search::derive_stream(search::derive_stream(stream, p),
                                                             static_cast<uint64_t>(s)));
        }
    }
    engine::Decoder decoder(policy, static_cast<int>(std::min(slots, episodes.size())));
    const auto write = [&](std::span<Episode> some, std::span<Random> theirs) {
        for (size_t begin = 0; begin < some.size(); begin += slots) {
            const size_t count = std::min(slots, some.size() - begin);
            write_out(decoder, tokenizer, some.subspan(begin, count), theirs.subspan(begin, count),
                      max_tokens, policy.config.context);
        }
    };
    write_out_on_ranks(write, episodes, randoms);
    return episodes;
}

void drop_held_out(std::vector<Episode>& episodes) {
    std::erase_if(episodes, [](const Episode& r) { return any_held_out(r.path.steps); });
}

std::vector<size_t> offsets_of(std::span<const Episode> episodes) {
    std::vector<size_t> offsets{0};
    for (const Episode& episode : episodes)
        offsets.push_back(offsets.back() + static_cast<size_t>(episode.written()));
    return offsets;
}

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

int64_t longest_of(std::span<const Episode> episodes) {
    int64_t longest = 0;
    for (const Episode& episode : episodes) longest = std::max(longest, std::ssize(episode.tokens));
    return longest;
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

namespace {

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

std::vector<float> values_before(engine::Gpt& critic, std::span<const Episode> episodes) {
    return all_scores(critic, episodes, &Minibatch::before);
}

std::vector<float> scores_at(engine::Gpt& reward_model, std::span<const Episode> episodes) {
    if (!reward_model.config.scalar_head) return text_scores(reward_model, episodes);
    return all_scores(reward_model, episodes, &Minibatch::at);
}

} // namespace qstar::train
