#include "tokenizer/words/pretokenize.h"

#include "engine/base/random.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar::tokenizer;

namespace {

// The pre-tokens with a bar between them.
std::string split(std::string_view text, const Pretokenizer& how = {}) {
    std::string out;
    for (const std::string_view word : pretokenize(text, how)) {
        if (!out.empty()) out += '|';
        out += word;
    }
    return out;
}

} // namespace

// The expected values are those of the pattern in the header, as Python's `regex`
// module splits the same texts.
TEST_CASE("words own the space before them") {
    CHECK(split("Hello world") == "Hello| world");
    CHECK(split("Hello, world!") == "Hello|,| world|!");
    CHECK(split("a == b") == "a| ==| b");
    CHECK(split("snake_case") == "snake|_|case");
    CHECK(split("na\u00EFve caf\u00E9") == "na\u00EFve| caf\u00E9");
    CHECK(split("a\u0301b") == "a|\u0301|b"); // a combining mark is no letter
}

TEST_CASE("contractions are words of their own") {
    CHECK(split("it's we're they'll I'd") == "it|'s| we|'re| they|'ll| I|'d");
    CHECK(split("WE'RE") == "WE|'|RE");
    CHECK(split("'tis") == "'t|is");
    CHECK(split("'lx ''s") == "'|lx| ''|s");
    CHECK(split(" 's") == " '|s");
    CHECK(split("'") == "'");
}

TEST_CASE("digits are always single and own no space") {
    CHECK(split("12 345") == "1|2| |3|4|5");
    CHECK(split("3*(4+5)-2") == "3|*(|4|+|5|)-|2");
    CHECK(split("x2y") == "x|2|y");
    CHECK(split("a  7") == "a| | |7");
    CHECK(split("\u0663\u00BD") == "\u0663|\u00BD"); // an Arabic three, one half
}

TEST_CASE("digits in runs are words as letters are") {
    const auto runs = [](std::string_view text) { return split(text, {Digits::runs}); };
    CHECK(runs("12 345") == "12| 345");
    CHECK(runs("  12") == " | 12");
    CHECK(runs("\n12 \n 3") == "\n|12| \n| 3");
    CHECK(runs("a12b") == "a|12|b");
    CHECK(runs("3*(45+5)-2") == "3|*(|45|+|5|)-|2");
    CHECK(runs("1\u00BD \u00B2\u2163x") == "1\u00BD| \u00B2\u2163|x");
    CHECK(runs("7's 1,000.5") == "7|'s| 1|,|000|.|5");
    CHECK(runs("\u00A012 ") == "\u00A0|12| ");
}

TEST_CASE("the names of the ways to split digits are read back") {
    for (const Digits digits : {Digits::single, Digits::runs})
        CHECK(digits_named(name_of(digits)) == digits);
    CHECK_FALSE(digits_named("Single"));
}

TEST_CASE("Llama 3 and Qwen 2 split otherwise") {
    const auto threes = [](std::string_view text) {
        return split(text, {Digits::threes, Words::llama3});
    };
    CHECK(threes("12345 1") == "123|45| |1");
    CHECK(threes("DON'T we're'LL") == "DON|'T| we|'re|'LL");
    CHECK(threes("'\u017Ft") == "'\u017F|t"); // the long s is an s in another case
    CHECK(threes("(abc) _x\n\n  y") == "(abc|)| _|x|\n\n| | y");
    CHECK(threes("...\r\n \n\tz") == "...\r\n| \n|\tz");
    CHECK(threes("\nx\ry") == "\n|x|\r|y");
    CHECK(threes("\u00BD\u00B2\u21637 a  ") == "\u00BD\u00B2\u2163|7| a|  ");
    CHECK(split("12345", {Digits::single, Words::llama3}) == "1|2|3|4|5");
}

TEST_CASE("digits apart are cut out first") {
    const auto apart = [](std::string_view text) { return split(text, {Digits::apart}); };
    CHECK(apart("a   7  b") == "a|   |7| | b");
    CHECK(apart(" 12") == " |1|2");
}

TEST_CASE("without words, and with SentencePiece's") {
    CHECK(split("a b 1", {Digits::runs, Words::whole}) == "a b 1");
    CHECK(split("a\u2581b\u2581\u2581c", {Digits::runs, Words::marks}) ==
          "a|\u2581b|\u2581|\u2581c");
}

TEST_CASE("a pattern is known by its text") {
    for (const Pretokenizer how :
         {Pretokenizer{}, Pretokenizer{Digits::runs}, Pretokenizer{Digits::threes, Words::llama3},
          Pretokenizer{Digits::single, Words::llama3}})
        CHECK(pretokenizer_of_pattern(pattern_of(how)) == how);
    CHECK_FALSE(pretokenizer_of_pattern("\\s+"));
}

TEST_CASE("white space gives its last character to the next word") {
    CHECK(split("a   b") == "a|  | b");
    CHECK(split("a\n\nb") == "a|\n|\n|b");
    CHECK(split("a \n b") == "a| \n| b");
    CHECK(split("a\tb") == "a|\t|b");
    CHECK(split("end  ") == "end|  ");
    CHECK(split("a\u00A0\u00A0b") == "a|\u00A0|\u00A0|b");
    CHECK(split("").empty());
}

TEST_CASE("bytes that are no UTF-8 count as marks") {
    CHECK(split("ab \xFF\xFE!cd") == "ab| \xFF\xFE!|cd");
    CHECK(split("\xE4\xB8") == "\xE4\xB8");
}

TEST_CASE("pre-tokens are exactly the text") {
    qstar::Random random(1, "pretokenize");
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (uint64_t n = random.below(200); n > 0; --n)
            text += random.below(2) ? static_cast<char>(random.below(256))
                                    : " \n'st1a\xC3\xA9"[random.below(9)];
        std::string joined;
        for (const std::string_view word : pretokenize(text)) {
            CHECK_FALSE(word.empty());
            joined += word;
        }
        CHECK(joined == text);
    }
}
