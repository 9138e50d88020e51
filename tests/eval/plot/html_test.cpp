// Numbers of the page, and the check that holds them beside the data.

#include "engine/text/json.h"
#include "engine/text/json_parse.h"
#include "eval/plot/html.h"

#include "engine/base/error.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

namespace {

Json data() {
    return parse_json(R"({"rows": [{"solved": 893, "n": 1000, "low": 0.8725}], "big": 4155974})",
                      "test");
}
std::string page_of(const std::string& body) {
    return body + "<script type=\"application/json\" id=\"data\">" + data().dump() + "</script>";
}

} // namespace

TEST_CASE("digits stand in groups of three from five on") {
    CHECK(digits(4155974, 0) == "4\u202f155\u202f974");
    CHECK(digits(1000, 0) == "1000");
    CHECK(digits(-12345.678, 1) == "-12\u202f345.7");
    CHECK(digits(0.8725, 2) == "0.87");
    CHECK(digits(-0.0001, 1) == "0.0");
}

TEST_CASE("a number says where it comes from") {
    CHECK(number(data(), "/rows/0/low", kPercent) ==
          "<data value=\"0.8725\" data-at=\"/rows/0/low\" data-scale=\"100\">87.2</data>");
    CHECK(share(data(), "/rows/0/solved", "/rows/0/n") ==
          "<data value=\"893\" data-at=\"/rows/0/solved\" data-of=\"/rows/0/n\" "
          "data-scale=\"100\">89.3</data>");
    CHECK(number(data(), "/rows/1/low") == "-");
    CHECK(share(data(), "/rows/0/solved", "/rows") == "-");
    CHECK(escaped("<a & \"b\">") == "&lt;a &amp; &quot;b&quot;&gt;");
}

TEST_CASE("numbers of a page are compared with its data") {
    const std::string good = number(data(), "/rows/0/low", kPercent) + number(data(), "/big") +
                             share(data(), "/rows/0/solved", "/rows/0/n") + "<rect" +
                             mark(data(), "/rows/0/low") + "/>";
    CHECK(check_numbers(page_of(good)) == 4);
    const auto refused = [&](std::string body, const char* from, const char* to,
                             const char* sentence) {
        body.replace(body.find(from), std::string(from).size(), to);
        CHECK_THROWS_WITH_AS(check_numbers(page_of(body)), doctest::Contains(sentence), Error);
    };
    refused(good, ">87.2<", ">87.4<", "shows \"87.4\" for /rows/0/low");
    refused(good, "value=\"893\"", "value=\"894\"", "has 894 for /rows/0/solved");
    refused(good, ">89.3<", ">89.2<", "/rows/0/solved");
    refused(good, "data-value=\"0.8725\"", "data-value=\"0.8726\"", "0.8726");
    refused(good, "data-at=\"/big\"", "data-at=\"/bag\"", "/bag, which its data does not have");
    CHECK_THROWS_WITH_AS(check_numbers("<p>"), doctest::Contains("carries no data"), Error);
}
