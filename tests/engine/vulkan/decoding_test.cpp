// A decoder's operations on a device against the processor's, and whole decoders.

#include "engine/base/error.h"
#include "engine/decode/decoder.h"
#include "engine/run/use_device.h"
#include "tests/engine/small_model.h"
#include "tests/engine/vulkan/on_vulkan.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::engine;
using tests::difference;
using tests::Operands;

TEST_CASE("products of few rows") {
    const tests::OnVulkan here;
    if (!here) return;
    struct Case {
        int64_t m, n, k;
        bool trans_b, whole;
    };
    for (const Case& c : {Case{1, 64, 32, false, true},
                          {9, 68, 36, false, true},
                          {9, 5, 7, false, false},
                          {3, 66, 40, true, true},
                          {17, 3, 9, true, false},
                          {2, 3, 0, false, false},
                          {0, 3, 4, false, false}}) {
        CAPTURE(c.m);
        CAPTURE(c.n);
        CAPTURE(c.k);
        for (const bool accumulate : {false, true}) {
            CHECK(difference([&](const Device& d, Operands& o) {
                      Gemm g;
                      g.m = c.m, g.n = c.n, g.k = c.k;
                      g.trans_b = c.trans_b;
                      g.a = o.in(c.m * c.k), g.lda = c.k;
                      g.b = o.in(c.k * c.n), g.ldb = c.trans_b ? c.k : c.n;
                      g.c = o.out(c.m * c.n, !accumulate), g.ldc = c.n;
                      g.accumulate = accumulate;
                      if (!c.trans_b) g.bias = o.in(c.n);
                      if (accumulate && !c.trans_b) g.gelu = o.out(c.m * c.n);
                      d.rows_product(g);
                  }) < 1e-5);
        }
    }
}

TEST_CASE("keys and values in pages") {
    const tests::OnVulkan here;
    if (!here) return;
    // Two sequences, one of 17 positions and one of 300, and rows at places in them.
    for (const auto& [size, group] :
         {std::pair<int64_t, int64_t>{8, 1}, {5, 1}, {130, 1}, {8, 2}, {5, 3}, {130, 2}}) {
        constexpr int64_t kHeads = 2, kRows = 4, kPages = 24;
        const int64_t width = kHeads * size, page_size = 4 * width * kPagePositions;
        CAPTURE(size);
        CAPTURE(group);
        std::vector<int> pages{5, 2};
        for (int i = 0; i < 19; ++i) pages.push_back(23 - i);
        const std::vector<int> first{0, 0, 2, 2}, position{16, 3, 299, 17};
        CHECK(difference([&](const Device& d, Operands& o) {
                  PagedRows rows;
                  rows.rows = kRows, rows.heads = group * kHeads;
                  rows.kv_heads = kHeads, rows.head_size = size;
                  rows.size = kPages * page_size, rows.page_size = page_size;
                  rows.memory = o.out(rows.size, false);
                  rows.keys = 2 * width * kPagePositions;
                  rows.values = 3 * width * kPagePositions;
                  rows.pages = pages.data(), rows.listed = std::ssize(pages);
                  rows.first = first.data(), rows.position = position.data();
                  const float* qkv = o.in(kRows * rows.qkv_width());
                  d.store_pages(rows, qkv);
                  d.attend_pages(rows, qkv, o.out(kRows * rows.width()));
                  const std::vector<int> from{5, 7}, to{0, 3};
                  d.copy_pages(2, from.data(), to.data(), page_size, rows.memory, rows.size);
                  d.copy_pages(0, nullptr, nullptr, page_size, rows.memory, rows.size);
              }) < 1e-4);
    }
}

TEST_CASE("tokens are drawn as on the processor") {
    const tests::OnVulkan here;
    if (!here) return;
    int equal = 0, all = 0;
    for (const int64_t vocab : {1, 2, 60, 300}) {
        constexpr int64_t kRows = 3;
        Random random(5, "vulkan/draws");
        std::vector<float> logits;
        // Some of them are equal, so that ties are cut.
        for (int64_t i = 0; i < kRows * vocab; ++i) {
            logits.push_back(std::round(4 * static_cast<float>(random.normal())) / 4);
        }
        for (const Sampling& how : {Sampling{0, 0, 1},
                                    {1, 0, 1},
                                    {0.5f, 0, 1},
                                    {1.5f, 7, 1},
                                    {1, 1, 1},
                                    {1, 0, 0.6f},
                                    {0.8f, 20, 0.9f},
                                    {1, 0, 1e-6f}}) {
            std::vector<TokenDraw> theirs;
            for (int i = 0; i < 40; ++i) theirs.push_back(draw_from(i / 16, how, random));
            std::vector<TokenDraw> ours = theirs;
            const int64_t classes = vocab > 2 ? vocab - 1 : vocab;
            cpu_device().draw_tokens(ours, kRows, vocab, classes, logits.data());
            device().draw_tokens(theirs, kRows, vocab, classes, logits.data());
            for (size_t i = 0; i < ours.size(); ++i) {
                REQUIRE(theirs[i].token >= 0);
                REQUIRE(theirs[i].token < classes);
                ++all;
                if (theirs[i].token != ours[i].token) continue; // a number on the border
                ++equal;
                CHECK(theirs[i].log_prob == doctest::Approx(ours[i].log_prob).epsilon(1e-4));
            }
        }
    }
    CHECK(equal >= all - all / 100);

    const float nan = std::nanf(""), infinite = INFINITY;
    for (const std::vector<float>& odd : {std::vector<float>{0, nan, 1},
                                          {nan, nan, nan},
                                          {0, infinite, 1},
                                          {-infinite, -infinite, -infinite}}) {
        TokenDraw draw{.row = 0, .top_k = 2, .top_p = 0.5f, .uniform = 0.7};
        device().draw_tokens({&draw, 1}, 1, 3, 3, odd.data());
        CHECK(draw.token >= 0);
        CHECK(draw.token < 3);
    }
}

TEST_CASE("a decoder on a device says what the processor's says, in any batch the same") {
    constexpr int kSlots = 5;
    const auto scored = [] {
        Gpt model = small_model(true);
        int i = 0;
        for (float& w : model.parameter("score.weight").value.values())
            w = 0.1f * static_cast<float>(++i);
        return model;
    };
    const Gpt ours_model = scored();
    Decoder ours(ours_model, kSlots);
    const tests::OnVulkan here;
    if (!here) return;
    const Gpt model = scored();
    Decoder theirs(model, kSlots), alone(model, 1);
    std::vector<std::vector<int>> texts(kSlots);
    Random random(5, "vulkan/mixture");
    for (int round = 0; round < 25; ++round) {
        const auto from = static_cast<int>(random.below(kSlots));
        const auto to = static_cast<int>(random.below(kSlots));
        const int length = static_cast<int>(random.below(20));
        std::vector<std::vector<int>> news(kSlots);
        std::vector<Decoder::Feed> feeds;
        texts[static_cast<size_t>(to)] = texts[static_cast<size_t>(from)];
        auto& cut = texts[static_cast<size_t>(from)];
        cut.resize(std::min(cut.size(), static_cast<size_t>(length)));
        for (int slot = kSlots; slot-- > 0;) {
            const auto s = static_cast<size_t>(slot);
            const auto count = static_cast<int64_t>(random.below(3) == 0 ? random.below(20) : 1);
            if (count == 0 || std::ssize(texts[s]) + count > 40) continue;
            news[s] = random_tokens(count, random.next());
            texts[s].insert(texts[s].end(), news[s].begin(), news[s].end());
            feeds.push_back({slot, news[s]});
        }
        if (feeds.empty()) continue;
        const auto logits_of = [&](Decoder& decoder) {
            decoder.fork(from, to);
            decoder.truncate(from, length);
            const Tensor found = round % 4 == 3 ? decoder.feed_scores(feeds) : decoder.feed(feeds);
            return std::vector<float>(found.values().begin(), found.values().end());
        };
        const std::vector<float> found = logits_of(theirs);
        use_device("cpu");
        const std::vector<float> expected = logits_of(ours);
        use_device("vulkan");
        REQUIRE(found.size() == expected.size());
        for (size_t i = 0; i < found.size(); ++i) {
            CHECK(std::abs(found[i] - expected[i]) < 1e-4 * (1 + std::abs(expected[i])));
        }
        // The last feed's text alone.
        const Decoder::Feed whole{0, texts[static_cast<size_t>(feeds.back().slot)]};
        alone.clear(0);
        const Tensor single =
            round % 4 == 3 ? alone.feed_scores({&whole, 1}) : alone.feed({&whole, 1});
        const size_t bytes = static_cast<size_t>(single.size()) * sizeof(float);
        CHECK(std::memcmp(single.data(), &found[found.size() - single.values().size()], bytes) ==
              0);
    }
}

TEST_CASE("the likeliest text is the processor's, token by token") {
    constexpr int64_t kTokens = 38;
    const auto prompt = random_tokens(2, 1);
    const auto write = [&] {
        const Gpt model = small_model();
        Decoder decoder(model, 1);
        std::vector<int> text = prompt;
        size_t fed = 0;
        while (std::ssize(text) < kTokens) {
            const Decoder::Feed feed{0, std::span(text).subspan(fed)};
            TokenDraw draw{.row = 0, .temperature = 0};
            decoder.feed_and_draw({&feed, 1}, {&draw, 1}, kSmallVocab);
            fed = text.size();
            text.push_back(draw.token);
        }
        return text;
    };
    const std::vector<int> ours = write();
    const tests::OnVulkan here;
    if (!here) return;
    CHECK(write() == ours);
}
