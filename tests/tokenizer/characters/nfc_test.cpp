#include "tokenizer/characters/nfc.h"

#include "engine/base/random.h"

#include <doctest/doctest.h>

using namespace qstar::tokenizer;

// The expected values are those of Python's unicodedata.normalize("NFC", text), Unicode 14.
TEST_CASE("letters and marks become one character") {
    CHECK(nfc("plain \u00E9") == "plain \u00E9");
    CHECK(nfc("e\u0301 A\u030A") == "\u00E9 \u00C5");
    CHECK(nfc("\u212B \u2126 \u1FEF") == "\u00C5 \u03A9 `"); // signs that are letters
    CHECK(nfc("q\u0307\u0323") == "q\u0323\u0307");          // marks in order
    CHECK(nfc("d\u0307\u0323") == "\u1E0D\u0307");
    CHECK(nfc("a\u0328\u0301") == "\u0105\u0301");
    CHECK(nfc("\u0344") == "\u0308\u0301"); // never composed again
    CHECK(nfc("\u0958") == "\u0915\u093C");
    CHECK(nfc("\U0001D15E") == "\U0001D157\U0001D165");
    CHECK(nfc("\u1112\u1161\u11AB\uAC00\u11A8") == "\uD55C\uAC01"); // Hangul
    CHECK(nfc("\uF900 \U0002F800") == "\u8C48 \u4E3D");
    CHECK(nfc("\u0B47\u0300\u0B3E") == "\u0B47\u0300\u0B3E"); // a mark stands between
    CHECK(nfc("a\u0300\u0300") == "\u00E0\u0300");
}

TEST_CASE("bytes that are no UTF-8 stay, and what is normal stays normal") {
    CHECK(nfc("e\xFF\u0301\xC3") == "e\xFF\u0301\xC3");
    qstar::Random random(3, "nfc");
    for (int round = 0; round < 200; ++round) {
        std::string text;
        for (uint64_t n = random.below(40); n > 0; --n)
            text += random.below(2) ? std::string(1, static_cast<char>(random.below(256)))
                                    : std::string("e\u0301\u0323\u1100\u1161").substr(0, 1 + n);
        CHECK(nfc(nfc(text)) == nfc(text));
    }
}
