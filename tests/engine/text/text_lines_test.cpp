#include "engine/text/text_lines.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar;

TEST_CASE("lines end in LF, CR LF or CR") {
    const auto shown = [](std::string_view text) {
        std::string out;
        for (const TextLine& line : text_lines(text))
            out += std::to_string(line.number) + "=" + std::string(line.text) + ";";
        return out;
    };
    CHECK(shown("") == "");
    CHECK(shown("a") == "1=a;");
    CHECK(shown("a\nb\n") == "1=a;2=b;");
    CHECK(shown("a\r\nb\r\n") == "1=a;2=b;");
    CHECK(shown("a\rb\r") == "1=a;2=b;");
    CHECK(shown("\n\n") == "1=;2=;");
    CHECK(shown("\r\r\n\n") == "1=;2=;3=;");
    CHECK(shown("a\n\rb") == "1=a;2=;3=b;");
    CHECK(text_lines(std::string_view("a\0b\n", 4)).at(0).text.size() == 3);
    CHECK(is_blank(" \t"));
    CHECK(is_blank(""));
    CHECK(!is_blank(" x"));
}
