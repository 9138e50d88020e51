#include "train/rl/episodes.h"

#include "engine/base/error.h"
#include "engine/base/pack.h"
#include "engine/base/random.h"
#include "engine/base/ranks.h"
#include "engine/decode/decoder.h"
#include "engine/decode/sampling.h"
#include "search/models/encode.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace qstar::train {

namespace {

constexpr size_t kSlots = 128; // solutions written at once

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

// Writes the solutions of `episodes`, which are prompts so far. A slot whose solution is over takes
// the next one, so that a long one keeps no other waiting; neighbours of a group that begin
// together share the evaluation of their prompt.
void write_out(engine::Decoder& decoder, const tokenizer::Tokenizer& tokenizer,
               std::span<Episode> episodes, std::span<Random> randoms, int64_t max_tokens,
               int64_t context) {
    struct Writing {
        int slot;
        size_t episode;
    };
    std::vector<Writing> writing;
    std::vector<int> free_slots;
    for (int slot = decoder.slots(); slot-- > 0;) free_slots.push_back(slot);
    std::vector<engine::Decoder::Feed> feeds;
    std::vector<engine::TokenDraw> draws; // of each solution that is being written
    const tokenizer::FormReader form(tokenizer);
    std::vector<std::string> lines(episodes.size());
    for (size_t next = 0; true;) {
        feeds.clear();
        draws.clear();
        const auto draw_for = [&](size_t i) {
            const int row = static_cast<int>(feeds.size()) - 1; // the last one that is fed
            draws.push_back(engine::draw_from(row, {1, 0, 1}, randoms[i]));
        };
        for (const Writing& w : writing) {
            feeds.push_back({w.slot, {&episodes[w.episode].tokens.back(), 1}});
            draw_for(w.episode);
        }
        const size_t begun = writing.size();
        for (; next < episodes.size() && !free_slots.empty(); ++next) {
            const int slot = free_slots.back();
            free_slots.pop_back();
            decoder.clear(slot);
            if (writing.size() == begun || episodes[next].group != episodes[next - 1].group)
                feeds.push_back({slot, episodes[next].tokens});
            draw_for(next);
            writing.push_back({slot, next});
        }
        if (writing.empty()) return;
        decoder.feed_and_draw(feeds, draws, tokenizer.size());
        for (size_t k = begun; k < writing.size(); ++k)
            decoder.fork(feeds[static_cast<size_t>(draws[k].row)].slot, writing[k].slot);

        std::vector<Writing> still;
        for (size_t k = 0; k < writing.size(); ++k) {
            Episode& episode = episodes[writing[k].episode];
            const int64_t limit = std::min(context, episode.prompt + max_tokens);
            if (take(episode, lines[writing[k].episode], draws[k].token, form, limit))
                still.push_back(writing[k]);
            else
                free_slots.push_back(writing[k].slot);
        }
        writing = std::move(still);
    }
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
            randoms.emplace_back(seed,
                                 derive_stream(derive_stream(stream, p), static_cast<uint64_t>(s)));
        }
    }
    engine::Decoder decoder(policy, static_cast<int>(std::min(kSlots, episodes.size())));
    const auto write = [&](std::span<Episode> some, std::span<Random> theirs) {
        write_out(decoder, tokenizer, some, theirs, max_tokens, policy.config.context);
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

int64_t longest_of(std::span<const Episode> episodes) {
    int64_t longest = 0;
    for (const Episode& episode : episodes) longest = std::max(longest, std::ssize(episode.tokens));
    return longest;
}

} // namespace qstar::train
