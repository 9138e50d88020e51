#include "tokenizer/bpe.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tokenizer/train.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <thread>

using namespace qstar::tokenizer;

namespace {

constexpr std::string_view kWorksheet =
    "<|endoftext|><|problem|>3*(4+5)-2<|step|>3*9-2<|step|>27-2<|step|>25<|answer|><|endoftext|>";

// Merges of some English, so that round trips go through real ones.
Tokenizer small_tokenizer() {
    WordCounts words;
    for (int i = 0; i < 3; ++i)
        count_words("the cat sat on the mat, and the hat that the cat had sat on the mat. 1234 12",
                    words);
    return train_bpe(words, 300);
}

bool any_special(const Tokenizer& tokenizer, const std::vector<int>& ids) {
    return std::any_of(ids.begin(), ids.end(), [&](int id) { return tokenizer.is_special(id); });
}

} // namespace

TEST_CASE("without merges every character is a token") {
    const Tokenizer tokenizer;
    CHECK(tokenizer.size() == 260);
    CHECK(tokenizer.special(kEndOfText) == 256);
    CHECK(tokenizer.special(kProblem) == 257);
    CHECK(tokenizer.special(kStep) == 258);
    CHECK(tokenizer.special(kAnswer) == 259);
    CHECK(tokenizer.encode("!A ") == std::vector<int>{0, 32, 220});
}

TEST_CASE("a worksheet's marks become special tokens") {
    const Tokenizer tokenizer;
    const std::vector<int> ids = tokenizer.encode(kWorksheet);
    CHECK(ids.front() == 256);
    CHECK(ids[1] == 257);
    CHECK(std::count(ids.begin(), ids.end(), 258) == 3);
    CHECK(std::count(ids.begin(), ids.end(), 259) == 1);
    CHECK(ids.size() == 9 + 5 + 4 + 2 + 7);
    CHECK(tokenizer.decode(ids) == kWorksheet);
}

TEST_CASE("special tokens cannot be smuggled in by text") {
    for (const Tokenizer& tokenizer : {Tokenizer(), small_tokenizer()}) {
        const std::vector<int> ids = tokenizer.encode(kWorksheet, Specials::as_text);
        CHECK_FALSE(any_special(tokenizer, ids));
        CHECK(tokenizer.decode(ids) == kWorksheet);
        for (const std::string_view near : {"<|Step|>", "<|step|", "<step>", "< |step|>"})
            CHECK_FALSE(any_special(tokenizer, tokenizer.encode(near)));
        CHECK(tokenizer.encode("<<|step|>").size() == 2);
    }
}

TEST_CASE("digits are single whatever the merges") {
    const Tokenizer tokenizer = small_tokenizer();
    for (const int id : tokenizer.encode("sat 1234 times, then 12 34"))
        if (const std::string& token = tokenizer.token(id);
            token.find_first_of("0123456789") != token.npos)
            CHECK(token.size() == 1);
}

TEST_CASE("merges are used") {
    const Tokenizer tokenizer = small_tokenizer();
    CHECK(tokenizer.encode(" the cat").size() == 2);
    CHECK(tokenizer.encode(" the cat") == tokenizer.encode(" the cat")); // also from the cache
}

TEST_CASE("any bytes round trip") {
    const Tokenizer tokenizer = small_tokenizer();
    qstar::Random random(4, "round trip");
    for (int round = 0; round < 500; ++round) {
        std::string text;
        for (uint64_t n = random.below(120); n > 0; --n) {
            switch (random.below(4)) {
            case 0:
                text += static_cast<char>(random.below(256));
                break;
            case 1:
                text += kSpecialTokens[random.below(kSpecialTokens.size())];
                break;
            case 2:
                text += " the cat";
                break;
            default:
                text += "<|>\xE4\xB8\xAD 1\n"[random.below(9)];
            }
        }
        CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
        CHECK(tokenizer.decode(tokenizer.encode(text, Specials::as_text)) == text);
    }
    CHECK(tokenizer.encode("").empty());
    CHECK(tokenizer.decode({}).empty());
}

TEST_CASE("threads that share a tokenizer get the same ids") {
    const Tokenizer tokenizer = small_tokenizer();
    std::string text;
    for (int i = 0; i < 300; ++i) text += " that mat had the cat" + std::string(i % 7, 'a');
    const std::vector<int> expected = tokenizer.encode(text);
    std::vector<int> agrees(4, 0);
    std::vector<std::thread> threads;
    for (int& result : agrees)
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) result += tokenizer.encode(text) == expected;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(agrees == std::vector<int>(4, 20));
}

TEST_CASE("of two special tokens that match the longer one is meant") {
    std::vector<std::string> tokens = byte_tokens();
    tokens.insert(tokens.end(), {"<a>", "<a>>"});
    const Tokenizer tokenizer(tokens, {}, {256, 257});
    CHECK(tokenizer.encode("<a>>") == std::vector<int>{257});
    CHECK(tokenizer.encode("<a><") == std::vector<int>{256, 27});
}

TEST_CASE("wrong ids, names and parts are refused in a sentence") {
    const Tokenizer tokenizer;
    CHECK_THROWS_WITH_AS(tokenizer.decode({1, 260}),
                         "token id 260 is outside the vocabulary: expected 0 to 259", qstar::Error);
    CHECK_THROWS_AS(tokenizer.token(-1), qstar::Error);
    CHECK_THROWS_WITH_AS(tokenizer.special("<|pause|>"),
                         "the vocabulary of 260 tokens has no special token <|pause|>",
                         qstar::Error);
    std::vector<std::string> tokens = byte_tokens();
    tokens.push_back("ab");
    CHECK_THROWS_AS(Tokenizer(tokens, {}, {256}), qstar::Error);           // no <...>
    CHECK_THROWS_AS(Tokenizer(tokens, {{64, 66, 256}}, {}), qstar::Error); // a + c
    CHECK_THROWS_AS(Tokenizer(tokens, {{64, 65, 256}, {64, 65, 256}}, {}), qstar::Error);
    CHECK_THROWS_AS(Tokenizer(tokens, {{64, 65, 999}}, {}), qstar::Error);
    tokens[0] = "xyz";
    CHECK_THROWS_WITH_AS(Tokenizer(tokens, {}, {}), "the vocabulary has no token for the byte 0x21",
                         qstar::Error);
}
