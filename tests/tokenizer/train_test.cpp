#include "tokenizer/train.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tests/tokenizer/naive_bpe.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace qstar::tokenizer;

namespace {

Tokenizer trained(std::string_view text, int vocabulary) {
    WordCounts words;
    count_words(text, words);
    return train_bpe(words, vocabulary);
}

std::vector<naive::Pair> merges_of(const Tokenizer& tokenizer) {
    std::vector<naive::Pair> merges;
    for (const Merge& merge : tokenizer.merges())
        merges.emplace_back(tokenizer.token(merge.left), tokenizer.token(merge.right));
    return merges;
}

// Few letters, so that pairs overlap ("aaa") and counts tie all the time.
std::string random_text(qstar::Random& random, size_t length, std::string_view letters) {
    std::string text;
    while (text.size() < length) text += letters[random.below(letters.size())];
    return text;
}

} // namespace

TEST_CASE("the merges of a known corpus") {
    // The words of Sennrich et al. (2016), without their end-of-word symbol.
    std::string text;
    const std::pair<const char*, int> corpus[] = {
        {"low\n", 5}, {"lowest\n", 2}, {"newer\n", 6}, {"wider\n", 3}};
    for (const auto& [word, times] : corpus)
        for (int i = 0; i < times; ++i) text += word;
    const std::vector<naive::Pair> expected = {
        {"e", "r"},                               // 9 times
        {"l", "o"},  {"lo", "w"},                 // 7
        {"e", "w"},  {"ew", "er"}, {"n", "ewer"}, // 6
        {"d", "er"}, {"i", "der"}, {"w", "ider"}, // 3
        {"e", "s"},  {"es", "t"},  {"low", "est"} // 2
    };
    CHECK(merges_of(trained(text, 300)) == expected);
}

TEST_CASE("ties go to the pair that is smaller in bytes") {
    const std::vector<naive::Pair> merges = merges_of(trained("cd\nab\nad\ncd\nab\nad\n", 263));
    CHECK(merges == std::vector<naive::Pair>{{"a", "b"}, {"a", "d"}, {"c", "d"}});
}

TEST_CASE("training finds the merges of the naive algorithm") {
    qstar::Random random(2, "train");
    for (int round = 0; round < 60; ++round) {
        const std::string_view letters = round % 3 == 0   ? "ab "
                                         : round % 3 == 1 ? "abc \xC3\xA9"
                                                          : "aaab\n";
        const std::string text = random_text(random, 20 + random.below(400), letters);
        CHECK(merges_of(trained(text, 260 + 60)) == naive::train(text, 60));
    }
}

TEST_CASE("encoding applies every merge in the order of learning") {
    qstar::Random random(3, "encode");
    for (int round = 0; round < 60; ++round) {
        const std::string_view letters = round % 2 == 0 ? "aab " : "abcde  1";
        const Tokenizer tokenizer = trained(random_text(random, 400, letters), 260 + 50);
        const std::string text = random_text(random, 300, letters);
        naive::Word got;
        for (const int id : tokenizer.encode(text)) got.push_back(tokenizer.token(id));
        CHECK(got == naive::encode(text, merges_of(tokenizer)));
    }
}

TEST_CASE("ids are bytes, merges, special tokens") {
    const Tokenizer tokenizer = trained("to be or not to be, to be or not to be", 266);
    REQUIRE(tokenizer.size() == 266);
    CHECK(tokenizer.token(0) == "!");
    CHECK(tokenizer.merges().size() == 6);
    for (int i = 0; i < 6; ++i)
        CHECK(tokenizer.merges()[static_cast<size_t>(i)].product == 256 + i);
    CHECK(tokenizer.special(kEndOfText) == 262);
    CHECK(tokenizer.special(kAnswer) == 265);
}

TEST_CASE("the same words in another order give the same merges") {
    const std::string one = "the cat sat on the mat\n", two = "a hat, a cat, a bat\n";
    CHECK(trained(one + two, 290).merges() == trained(two + one, 290).merges());
}

TEST_CASE("special tokens are not learned from") {
    std::string text;
    for (int i = 0; i < 9; ++i) text += "<|step|>";
    const auto of_worksheets = [](std::string_view worksheets) {
        WordCounts words;
        count_words(worksheets, words, Specials::allowed);
        return train_bpe(words, 300).size();
    };
    CHECK(of_worksheets(text) == 260);
    CHECK(of_worksheets("ab<|step|>ab<|step|>") == 261); // (a, b), nothing across
}

TEST_CASE("numbers are learned as tokens where digits run together, and nowhere else") {
    const std::string text = "11+40=51 11 51\n40-11=29 11 29\n";
    for (const Digits digits : {Digits::single, Digits::runs}) {
        WordCounts words{digits};
        count_words(text + text, words);
        const Tokenizer learned = train_bpe(words, 300);
        CHECK(learned.pretokenizer() == Pretokenizer{digits});
        std::vector<std::string> tokens;
        for (const int id : learned.encode("40=11 51")) tokens.push_back(learned.token(id));
        CHECK(tokens == (digits == Digits::runs
                             ? std::vector<std::string>{"40", "=", "11", " 51"}
                             : std::vector<std::string>{"4", "0", "=", "1", "1", " ", "5", "1"}));
    }
}

TEST_CASE("in the text of others the names of special tokens are characters") {
    const Tokenizer tokenizer = trained("ab<|step|> ab<|step|>", 300);
    const std::vector<naive::Pair> expected = {{"<", "|"}, {"a", "b"},   {"e", "p"},
                                               {"s", "t"}, {"st", "ep"}, {"|", ">"}};
    std::vector<naive::Pair> merges = merges_of(tokenizer);
    std::sort(merges.begin(), merges.end());
    CHECK(merges == expected);
    CHECK(tokenizer.encode("<|step|>").size() == 1);
    CHECK(tokenizer.encode("<|step|>", Specials::as_text).size() == 3);
}

TEST_CASE("a vocabulary of bytes alone is legal, a smaller one is not") {
    const Tokenizer bytes = trained("aaaa bbbb", 260);
    CHECK(bytes.size() == 260);
    CHECK(bytes.merges().empty());
    CHECK_THROWS_WITH_AS(
        trained("aaaa", 259),
        "a vocabulary of 259 is too small: 256 bytes and 4 special tokens need 260", qstar::Error);
    CHECK_THROWS_AS(trained("aaaa", -1), qstar::Error);
}

TEST_CASE("training ends where no pair occurs twice") {
    CHECK(trained("", 1000).size() == 260);
    CHECK(trained("abcdef", 1000).size() == 260);
}

TEST_CASE("one long word without a space is learned and encoded quickly") {
    const std::string text(300000, 'a'); // quadratic work would take minutes
    const Tokenizer tokenizer = trained(text, 260 + 10);
    CHECK(tokenizer.token(tokenizer.merges().back().product) == std::string(1024, 'a'));
    const std::vector<int> ids = tokenizer.encode(text);
    CHECK(ids.size() == 297); // 292 of 1024, then 512 + 256 + 128 + 64 + 32
    CHECK(tokenizer.decode(ids) == text);
}
