#include "tokenizer/characters/bytes.h"

#include <doctest/doctest.h>
#include <set>

using namespace qstar::tokenizer;

TEST_CASE("GPT-2's byte order begins with '!' and ends with the soft hyphen") {
    const auto& order = byte_order();
    CHECK(order[0] == '!');
    CHECK(order[93] == '~');
    CHECK(order[94] == 0xA1);
    CHECK(order[188] == 0x00);
    CHECK(order[220] == ' '); // as in GPT-2's vocab.json: "\u0120": 220
    CHECK(order[255] == 0xAD);
    CHECK(std::set<uint8_t>(order.begin(), order.end()).size() == 256);
}

TEST_CASE("bytes are written in GPT-2's alphabet and read back") {
    CHECK(printable(" the\n") == "\u0120the\u010A");
    CHECK(printable("\xE9") == "\u00E9");
    CHECK(printable("\xAD") == "\u0143");
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    CHECK(from_printable(printable(all)) == all);
}

TEST_CASE("characters outside the alphabet are no bytes") {
    CHECK_FALSE(from_printable(" ")); // a space is written as U+0120
    CHECK_FALSE(from_printable("a\u4E2D"));
    CHECK_FALSE(from_printable("\u0144"));
    CHECK_FALSE(from_printable("\xFF"));
}
