#include "engine/text/utf8.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar;

TEST_CASE("characters of UTF-8 by their bytes") {
    CHECK(utf8_size("a") == 1);
    CHECK(utf8_size("\u00e9") == 2);
    CHECK(utf8_size("\u20ac") == 3);
    CHECK(utf8_size("\U0001F600") == 4);
    for (const char* wrong :
         {"", "\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\x80",
          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3(", "\xFF"})
        CHECK(utf8_size(wrong) == 0);
    CHECK(utf8_end("a\u00e9\xff\u00e9") == 3);
    CHECK(utf8_end("a\u00e9") == 3);
}

TEST_CASE("what a terminal would obey is shown as its bytes") {
    CHECK(printable("caf\u00e9 \u20ac\n\tx") == "caf\u00e9 \u20ac\n\tx");
    CHECK(printable("\x1b[2Jx\r\x07\x7f") == "\\x1b[2Jx\\x0d\\x07\\x7f");
    CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
    CHECK(printable("\xc2\x9b[m") == "\\xc2\\x9b[m"); // C1: the other way to say ESC [
    CHECK(printable("a\xff\xe2\x82") == "a\\xff\\xe2\\x82");
}
