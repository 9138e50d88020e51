// The decoder, its pages and the sequences kept for later.
#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/decode/decoder.h"
#include "engine/decode/prefix_cache.h"
#include "engine/decode/sampling.h"
#include "tests/allocations.h"
#include "tests/engine/small_model.h"

#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <map>

using namespace qstar;
using namespace qstar::engine;

namespace {

bool same_row(const Tensor& a, int64_t row_a, const Tensor& b, int64_t row_b) {
    return std::memcmp(a.data() + row_a * kSmallVocab, b.data() + row_b * kSmallVocab,
                       kSmallVocab * sizeof(float)) == 0;
}

// The logits after `tokens` by a decoder that sees nothing else.
Tensor logits_alone(const Gpt& model, std::span<const int> tokens) {
    Decoder decoder(model, 1);
    const Decoder::Feed feed{0, tokens};
    return decoder.feed({&feed, 1}).clone();
}

} // namespace

TEST_CASE("the decoder gives the logits of the whole forward pass") {
    GptConfig config{2, 2, 16, 40, kSmallVocab};
    SUBCASE("gpt2") {}
    SUBCASE("gpt2 with another epsilon") { config.norm_epsilon = 0.1; }
    SUBCASE("llama") { config.family = Family::llama; }
    SUBCASE("qwen2") { config.family = Family::qwen2; }
    SUBCASE("qwen3") { config.family = Family::qwen3; }
    SUBCASE("llama, grouped") { config = grouped_config(Family::llama); }
    SUBCASE("qwen2, grouped") { config = grouped_config(Family::qwen2); }
    SUBCASE("qwen3, grouped") { config = grouped_config(Family::qwen3); }
    Gpt model = small_model(config);
    const auto tokens = random_tokens(30, 1);
    Tape tape(false);
    const Tensor all = tape.value(logits(tape, model, hidden(tape, model, tokens, 1, 30)));

    Decoder decoder(model, 3);
    // A prompt of 11 in one go, the rest token by token, in slot 1.
    for (size_t t = 11; t <= 30; ++t) {
        const std::vector<int> part(tokens.begin() + (t == 11 ? 0 : static_cast<long>(t) - 1),
                                    tokens.begin() + static_cast<long>(t));
        const Decoder::Feed feed{1, part};
        const Tensor last = decoder.feed({&feed, 1});
        for (int64_t v = 0; v < 23; ++v) {
            CHECK(last[v] ==
                  doctest::Approx(all[(static_cast<int64_t>(t) - 1) * 23 + v]).epsilon(1e-4));
        }
    }
    CHECK(decoder.length(1) == 30);
    CHECK(decoder.tokens_evaluated() == 30);
}

TEST_CASE("a sequence's logits do not depend on the batch, bit for bit") {
    GptConfig config{2, 2, 16, 40, kSmallVocab};
    SUBCASE("gpt2") {}
    SUBCASE("qwen3") { config.family = Family::qwen3; }
    SUBCASE("qwen2, grouped") { config = grouped_config(Family::qwen2); }
    Gpt model = small_model(config);
    const auto a = random_tokens(9, 1), b = random_tokens(14, 2), c = random_tokens(5, 3);
    Decoder alone(model, 1), together(model, 40);
    const Decoder::Feed one{0, a};
    std::vector<Decoder::Feed> many{{7, b}, {3, a}, {0, c}};
    for (int s = 8; s < 40; ++s) many.push_back({s, s % 2 ? b : c});
    for (int round = 0; round < 2; ++round) {
        const Tensor x = alone.feed({&one, 1});
        const Tensor y = together.feed(many);
        CHECK(std::memcmp(x.data(), y.data() + 23, 23 * sizeof(float)) == 0);
    }
}

TEST_CASE("a large model's rows go through it together, with the bytes of each alone") {
    // Its widest map is shared by the threads.
    GptConfig config{2, 4, 256, 40, kSmallVocab};
    SUBCASE("gpt2") {
        config.width = 384; // 384 x 1536
    }
    SUBCASE("llama") { config.family = Family::llama; } // 256 x 2048
    const Gpt model = small_model(config);
    const auto rows = [&](int threads) {
        set_threads(threads);
        Decoder together(model, 9);
        std::vector<std::vector<int>> texts;
        for (uint64_t s = 0; s < 9; ++s)
            texts.push_back(random_tokens(s % 3 == 0 ? 30 : 1 + static_cast<int64_t>(s), s));
        std::vector<Decoder::Feed> feeds;
        for (int s = 0; s < 9; ++s) feeds.push_back({s, texts[static_cast<size_t>(s)]});
        const Tensor all = together.feed(feeds).clone();
        for (int64_t s = 0; s < 9; ++s) {
            CAPTURE(s);
            CHECK(same_row(all, s, logits_alone(model, texts[static_cast<size_t>(s)]), 0));
        }
        set_threads(0);
        return all;
    };
    const Tensor one = rows(1), two = rows(2);
    CHECK(std::memcmp(one.data(), two.data(), one.values().size_bytes()) == 0);
    // And it is the model's own logits.
    Tape tape(false);
    Gpt same = model;
    const auto tokens = random_tokens(30, 3);
    const Tensor whole = tape.value(logits(tape, same, hidden(tape, same, tokens, 1, 30)));
    for (int64_t v = 0; v < kSmallVocab; ++v)
        CHECK(one[3 * kSmallVocab + v] ==
              doctest::Approx(whole[29 * kSmallVocab + v]).epsilon(1e-3));
}

TEST_CASE("a forked slot goes on as its origin") {
    Gpt model = small_model();
    const auto prompt = random_tokens(8, 4), next = random_tokens(3, 5);
    Decoder decoder(model, 3);
    const Decoder::Feed first{0, prompt};
    decoder.feed({&first, 1});
    decoder.fork(0, 2);
    CHECK(decoder.length(2) == 8);
    const std::vector<Decoder::Feed> both{{0, next}, {2, next}};
    const Tensor y = decoder.feed(both);
    CHECK(std::memcmp(y.data(), y.data() + 23, 23 * sizeof(float)) == 0);
    decoder.clear(0);
    CHECK(decoder.length(0) == 0);
}

TEST_CASE("a reward model that is not tied says what its base says") {
    const Gpt base = small_model(grouped_config(Family::llama)), reward = with_scalar_head(base);
    const auto tokens = random_tokens(5, 1);
    Decoder decoder(reward, 2);
    const Decoder::Feed feed{0, tokens}, other{1, tokens};
    CHECK(same_row(decoder.feed({&feed, 1}), 0, logits_alone(base, tokens), 0));
    CHECK(decoder.feed_scores({&other, 1})[0] == 0);
}

TEST_CASE("a sequence longer than the context is refused") {
    Gpt model = small_model();
    const auto tokens = random_tokens(41, 1);
    Decoder decoder(model, 1);
    const Decoder::Feed feed{0, tokens};
    CHECK_THROWS_WITH_AS(decoder.feed({&feed, 1}),
                         "a sequence of 41 tokens is longer than the model's context of 40", Error);
    Tape tape(false);
    CHECK_THROWS_AS(hidden(tape, model, tokens, 1, 41), Error);
}

TEST_CASE("tokens are drawn from the rows and the classes that were asked for") {
    const Gpt model = small_model();
    const auto a = random_tokens(9, 1), b = random_tokens(4, 2);
    const std::vector<Decoder::Feed> feeds{{1, a}, {0, b}};
    Decoder decoder(model, 2);
    std::vector<TokenDraw> draws;
    for (const int row : {1, 0, 0, 1}) draws.push_back({.row = row, .temperature = 0});
    decoder.feed_and_draw(feeds, draws, 5);
    for (const TokenDraw& draw : draws) {
        const Tensor logits = logits_alone(model, draw.row == 0 ? a : b);
        const auto best = std::max_element(logits.data(), logits.data() + 5);
        CHECK(draw.token == best - logits.data());
    }
    const std::vector<int> more{1};
    const Decoder::Feed next{0, more};
    for (const TokenDraw& wrong :
         {TokenDraw{.row = 1}, TokenDraw{.row = -1}, TokenDraw{.temperature = -1}}) {
        TokenDraw draw = wrong;
        CHECK_THROWS_AS(decoder.feed_and_draw({&next, 1}, {&draw, 1}, kSmallVocab), Error);
    }
    CHECK_THROWS_AS(decoder.feed_and_draw({&next, 1}, draws, kSmallVocab + 1), Error);
    CHECK(decoder.length(0) == 4); // nothing was fed
}

TEST_CASE("forks share pages until they write") {
    const Gpt model = small_model();
    const auto prompt = random_tokens(20, 1);
    Decoder decoder(model, 4, 6);
    const Decoder::Feed first{0, prompt};
    decoder.feed({&first, 1});
    CHECK(decoder.free_pages() == 4);
    decoder.fork(0, 1);
    decoder.fork(0, 2);
    CHECK(decoder.free_pages() == 4);
    // All three write into the second page: two of them copy it, the third has it alone.
    const std::vector<int> a{1}, b{2}, c{3};
    const std::vector<Decoder::Feed> all{{0, a}, {1, b}, {2, c}};
    CHECK(decoder.pages_needed(all) == 2);
    CHECK(decoder.pages_needed(all) == 2); // it only looks
    const Tensor logits = decoder.feed(all).clone();
    CHECK(decoder.free_pages() == 2);
    for (int i = 0; i < 3; ++i) {
        std::vector<int> whole = prompt;
        whole.push_back(i + 1);
        CHECK(same_row(logits, i, logits_alone(model, whole), 0));
    }
    // The first page is given back with its last user.
    decoder.clear(0);
    decoder.clear(1);
    CHECK(decoder.free_pages() == 4);
    decoder.truncate(2, 16);
    CHECK(decoder.free_pages() == 5);
    decoder.clear(2);
    CHECK(decoder.free_pages() == 6);
}

TEST_CASE("any mixture of feeds, forks, cuts and clears gives the logits of the text alone") {
    const Gpt model = small_model();
    constexpr int kSlots = 9;
    for (const int thread_count : {1, 2, 3}) {
        set_threads(thread_count);
        Decoder decoder(model, kSlots);
        std::vector<std::vector<int>> texts(kSlots);
        std::map<std::vector<int>, Tensor> known;
        Random random(5, "mixture");
        for (int round = 0; round < 120; ++round) {
            const auto from = static_cast<int>(random.below(kSlots));
            const auto to = static_cast<int>(random.below(kSlots));
            const auto at = static_cast<size_t>(to);
            if (random.below(3) == 0) {
                decoder.fork(from, to);
                texts[at] = texts[static_cast<size_t>(from)];
            } else if (random.below(4) == 0) {
                const auto length = static_cast<int>(random.below(texts[at].size() + 1));
                decoder.truncate(to, length);
                texts[at].resize(static_cast<size_t>(length));
            } else if (random.below(6) == 0) {
                decoder.clear(to);
                texts[at].clear();
            }
            std::vector<std::vector<int>> news(kSlots);
            std::vector<Decoder::Feed> feeds;
            for (int slot = kSlots; slot-- > 0;) {
                const auto s = static_cast<size_t>(slot);
                const auto count =
                    static_cast<int64_t>(random.below(4) == 0 ? random.below(25) : random.below(2));
                if (count == 0 || static_cast<int64_t>(texts[s].size()) + count > 40) continue;
                news[s] = random_tokens(count, random.next());
                texts[s].insert(texts[s].end(), news[s].begin(), news[s].end());
                feeds.push_back({slot, news[s]});
            }
            const Tensor logits = decoder.feed(feeds);
            for (size_t f = 0; f < feeds.size(); ++f) {
                const auto& text = texts[static_cast<size_t>(feeds[f].slot)];
                CHECK(decoder.length(feeds[f].slot) == static_cast<int>(text.size()));
                CHECK(same_row(logits, static_cast<int64_t>(f), logits_alone(model, text), 0));
            }
        }
        for (int slot = 0; slot < kSlots; ++slot) decoder.clear(slot);
        CHECK(decoder.free_pages() == decoder.pages());
    }
    set_threads(0);
}

TEST_CASE("too few pages: a sentence that says how many, and nothing is changed") {
    const Gpt model = small_model();
    const auto prompt = random_tokens(30, 1), next = random_tokens(1, 2);
    Decoder decoder(model, 3, 3);
    const Decoder::Feed first{0, prompt};
    decoder.feed({&first, 1});
    const std::vector<Decoder::Feed> two{{0, next}, {1, prompt}};
    CHECK_THROWS_WITH_AS(decoder.feed(two),
                         "the key/value cache has 3 pages of 16 positions and 1 of them free, 2 "
                         "more are needed",
                         Error);
    CHECK(decoder.length(0) == 30);
    CHECK(decoder.length(1) == 0);
    CHECK(decoder.free_pages() == 1);
    const Decoder::Feed on{0, next};
    std::vector<int> whole = prompt;
    whole.push_back(next[0]);
    CHECK(same_row(decoder.feed({&on, 1}), 0, logits_alone(model, whole), 0));

    const std::vector<Decoder::Feed> twice{{1, next}, {1, next}};
    CHECK_THROWS_WITH_AS(decoder.feed(twice), "decoder: slot 1 is fed twice in one batch", Error);
    CHECK(decoder.length(1) == 0);
    CHECK_THROWS_AS(decoder.fork(0, 3), Error);
    CHECK_THROWS_AS(decoder.feed_scores({&on, 1}), Error);
}

TEST_CASE("decoding in its steady state allocates nothing") {
    const Gpt model = small_model();
    set_threads(2);
    constexpr size_t kSlots = 50;
    Decoder decoder(model, kSlots);
    std::vector<int> tokens(kSlots, 1);
    std::vector<Random> randoms;
    std::vector<TokenDraw> draws(kSlots);
    std::vector<Decoder::Feed> feeds;
    for (size_t s = 0; s < kSlots; ++s) {
        randoms.emplace_back(1, s);
        feeds.push_back({static_cast<int>(s), {&tokens[s], 1}});
    }
    const auto step = [&](int s) {
        if (s % 40 == 0) {
            for (int slot = 0; slot < static_cast<int>(kSlots); ++slot) decoder.clear(slot);
        }
        if (s % 7 == 3) decoder.fork(s % 50, (s + 1) % 50);
        for (size_t i = 0; i < kSlots; ++i) {
            draws[i] = draw_from(static_cast<int>(i), {0.8f, 10, 0.9f}, randoms[i]);
        }
        decoder.feed_and_draw(feeds, draws, kSmallVocab);
        for (size_t i = 0; i < kSlots; ++i) tokens[i] = draws[i].token;
    };
    // A thread allocates in its first turn, and when that comes is up to the scheduler: a
    // long stretch without any must come soon, and cannot if a step ever allocates.
    bool still = false;
    for (int stretch = 0; stretch < 20 && !still; ++stretch) {
        const int64_t before = allocations();
        for (int s = 0; s < 80; ++s) step(s);
        still = allocations() == before;
    }
    CHECK(still);
    set_threads(0);
}

TEST_CASE("kept sequences are found by their longest common beginning") {
    const Gpt model = small_model();
    Decoder decoder(model, 6, 8);
    PrefixCache kept(decoder, 2, 3);
    const std::vector<int> text{1, 2, 3, 4, 5};
    const auto feed = [&](int slot, std::span<const int> tokens) {
        const Decoder::Feed one{slot, tokens};
        return decoder.feed({&one, 1});
    };
    CHECK(kept.begin(text, 0) == 0);
    feed(0, text);
    kept.keep(text, 0, 0.5f);
    CHECK(kept.value(text) == 0.5f);
    CHECK_FALSE(kept.value(std::span(text).first(4)));

    const std::vector<int> other{1, 2, 3, 9, 9, 9}, longer{1, 2, 3, 4, 5, 6}, start{2};
    CHECK(kept.begin(other, 1) == 3);
    CHECK(same_row(feed(1, std::span(other).subspan(3)), 0, logits_alone(model, other), 0));
    kept.keep(other, 1);
    CHECK(kept.begin(longer, 1) == 5);
    CHECK(same_row(feed(1, std::span(longer).subspan(5)), 0, logits_alone(model, longer), 0));
    CHECK(kept.begin(text, 1) == 4); // the last token is left to be fed
    CHECK(kept.begin(start, 1) == 0);
    CHECK(decoder.length(1) == 0);
    CHECK(kept.size() == 2);

    // Places for three: the one used longest ago goes, which is `other`.
    CHECK(kept.value(text));
    for (const int token : {7, 8}) {
        const std::vector<int> single{token, token};
        kept.begin(single, 1);
        feed(1, single);
        kept.keep(single, 1);
    }
    CHECK(kept.size() == 3);
    CHECK(kept.value(text));
    CHECK_FALSE(kept.value(other));
    decoder.clear(0);
    decoder.clear(1);
    CHECK(decoder.free_pages() == 5);
    kept.make_room(7);
    CHECK(decoder.free_pages() == 7);
    CHECK(kept.value(text)); // used last
    kept.make_room(100);
    CHECK(kept.size() == 0);
    CHECK(decoder.free_pages() == 8);
}

TEST_CASE("several heads on one trunk read what it kept, with the bytes of their own models") {
    Gpt policy = small_model(false, Family::qwen3);
    Gpt writer = untied(policy), judge = with_scalar_head(policy);
    Random random(9, "heads");
    for (Gpt* model : {&writer, &judge})
        for (float& x : model->parameters.back().value.values()) // a bias, or lm_head
            x += 0.3f * static_cast<float>(random.normal());
    for (float& x : judge.parameter("score.weight").value.values())
        x = static_cast<float>(random.normal());

    Decoder trunk(policy, 4), own_writer(writer, 1), own_judge(judge, 1);
    const int of_writer = trunk.add_head(writer), of_judge = trunk.add_head(judge);
    CHECK(of_writer == 0);
    CHECK(of_judge == 1);
    const auto text = random_tokens(38, 6);
    std::vector<float> written(38 * kSmallVocab), scores(38);
    for (size_t t = 0; t < 38; ++t) {
        const Decoder::Feed feed{0, std::span(text).subspan(t, 1)};
        const Tensor said = own_writer.feed({&feed, 1});
        std::copy_n(said.data(), kSmallVocab, written.begin() + static_cast<long>(t) * kSmallVocab);
        scores[t] = own_judge.feed_scores({&feed, 1})[0];
    }
    // Ten at once, of which the last is kept, then one by one; by which head it is asked is all
    // one.
    for (size_t t = 9; t < 38; ++t) {
        const std::span<const int> part =
            t == 9 ? std::span(text).first(10) : std::span(text).subspan(t, 1);
        const Decoder::Feed feed{1, part};
        if (t % 3 == 0)
            CHECK(same_row(trunk.feed({&feed, 1}), 0,
                           logits_alone(policy, std::span(text).first(t + 1)), 0));
        else if (t % 3 == 1)
            CHECK(trunk.feed_scores({&feed, 1}, of_judge)[0] == scores[t]);
        else
            CHECK(std::memcmp(trunk.feed_scores({&feed, 1}, of_writer).data(),
                              written.data() + t * kSmallVocab, kSmallVocab * sizeof(float)) == 0);
    }
    const auto reads_right = [&](int slot, int from, int to) {
        std::vector<Decoder::Place> places;
        for (int t = from; t < to; ++t) {
            REQUIRE(trunk.can_read({slot, t}));
            places.push_back({slot, t});
        }
        const Tensor said = trunk.read(places, of_writer).clone();
        CHECK(std::memcmp(said.data(), written.data() + from * kSmallVocab,
                          said.values().size_bytes()) == 0);
        const Tensor rated = trunk.read(places, of_judge);
        for (int t = from; t < to; ++t) CHECK(rated[t - from] == scores[static_cast<size_t>(t)]);
    };
    CHECK_FALSE(trunk.can_read({1, 8}));
    CHECK_FALSE(trunk.can_read({1, 38}));
    CHECK_FALSE(trunk.can_read({2, 9}));
    reads_right(1, 9, 38);

    // A fork that was cut within a page writes over its copy of it, and not over its origin.
    trunk.fork(1, 2);
    trunk.truncate(2, 21);
    reads_right(2, 9, 21);
    CHECK_FALSE(trunk.can_read({2, 21}));
    const auto other = random_tokens(6, 7);
    const Decoder::Feed feed{2, other};
    trunk.feed({&feed, 1});
    CHECK_FALSE(trunk.can_read({2, 22}));
    CHECK(trunk.can_read({2, 26}));
    reads_right(2, 9, 21);
    reads_right(1, 9, 38);
    // A page that was given back says nothing of the next text in it.
    trunk.clear(2);
    trunk.clear(1);
    const Decoder::Feed again{3, other};
    trunk.feed({&again, 1});
    CHECK_FALSE(trunk.can_read({3, 2}));
    CHECK(trunk.can_read({3, 5}));

    CHECK_THROWS_AS(trunk.read({}, 2), Error);
    const Decoder::Place nowhere{0, 0};
    CHECK_THROWS_AS(trunk.read({&nowhere, 1}, 0), Error);
    CHECK_THROWS_AS(trunk.add_head(small_model(GptConfig{1, 2, 32, 40, kSmallVocab})), Error);
    CHECK_THROWS_AS(untied(small_model()), Error);
}
