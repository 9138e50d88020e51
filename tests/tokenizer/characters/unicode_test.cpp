#include "tokenizer/characters/unicode.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar::tokenizer;

namespace {

char32_t code(std::string_view text) {
    const Character c = decode_utf8(text, 0);
    CHECK(c.bytes == (c.code == kInvalidCode ? 1 : text.size()));
    return c.code;
}

} // namespace

TEST_CASE("valid UTF-8 is decoded") {
    CHECK(code("a") == U'a');
    CHECK(code("\xC2\x80") == 0x80);
    CHECK(code("\u07FF") == 0x7FF);
    CHECK(code("\u0800") == 0x800);
    CHECK(code("\uFFFD") == 0xFFFD);
    CHECK(code("\U00010000") == 0x10000);
    CHECK(code("\U0010FFFF") == 0x10FFFF);
}

TEST_CASE("everything else is one invalid byte") {
    for (const std::string_view bad :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE0\x9F\xBF",
          "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98",
          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
        CHECK(code(bad) == kInvalidCode);
}

TEST_CASE("characters have the class of their general category") {
    for (const char32_t letter : U"aZé\u00AA\u00DFЖ中あ\u02B0\U00020000\U0001E921")
        if (letter) CHECK(classify(letter) == CharClass::letter);
    for (const char32_t number : U"09\u00B2\u00BD\u0663\u2167\u3007\U0001D7D8")
        if (number) CHECK(classify(number) == CharClass::number);
    for (const char32_t space :
         U" \t\n\v\f\r\u0085\u00A0\u1680\u2000\u200A\u2028\u202F\u205F\u3000")
        if (space) CHECK(classify(space) == CharClass::space);
    for (const char32_t other : U"!_~\u00D7\u0301\u200B\u20AC\U0001F600\uE000\u180E")
        if (other) CHECK(classify(other) == CharClass::other);
    CHECK(classify(0) == CharClass::other);
    CHECK(classify(kInvalidCode) == CharClass::other);
}
