#include "search/worlds/text/number_text.h"

#include "engine/base/random.h"
#include "search/worlds/arithmetic/expression.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace qstar;
using namespace qstar::search;

namespace {

// "" where it is no number.
std::string number(std::string_view text) {
    const std::optional<WrittenNumber> read = read_number(text);
    return read ? search::text(read->value) : "";
}
std::string plain_text(std::string_view text) { return plain_expression(text).value_or("none"); }
bool written(Rational value, std::string_view text) {
    return written_as(value, read_number(text).value());
}

} // namespace

TEST_CASE("numbers as people write them") {
    const std::pair<const char*, const char*> cases[] = {
        {"72", "72"},
        {" 72 ", "72"},
        {"007", "7"},
        {"-3", "-3"},
        {"+3", "3"},
        {"\u22123", "-3"},
        {"\u20133", "-3"},
        {".5", "1/2"},
        {"2.50", "5/2"},
        {"18.", "18"},
        {"18.00", "18"},
        {"1/2", "1/2"},
        {"-7/2", "-7/2"},
        {"1,080", "1080"},
        {"1,080,000.5", "2160001/2"},
        {"$10", "10"},
        {"-$10", "-10"},
        {"$-10", "-10"},
        {"\u20ac5", "5"},
        {"5 \u20ac", "5"},
        {"5\u00a2", "5"},
        {"10%", "10"},
        {"10 %", "10"},
        {"10 apples", "10"},
        {"10 apples.", "10"},
        {"5km/h", "5"},
        {"12 sq. ft.", "12"},
        {"9 m\u00b2", "9"},
        {"90\u00b0", "90"},
        {"5 m\u00e8tres", "5"},
        {"\u00a05\u00a0", "5"},
        {"9223372036854775807", "9223372036854775807"},
    };
    for (const auto& [written, value] : cases) CHECK_MESSAGE(number(written) == value, written);
}

TEST_CASE("what is no number is none") {
    for (const char* written : {"",
                                " ",
                                ",",
                                ".",
                                "$",
                                "-",
                                "ten",
                                "24,00",
                                "1,2",
                                "2,4,00",
                                "1,2345",
                                "1000,000",
                                "0,123",
                                "1,234,56",
                                "72,",
                                "1.2.3",
                                "1.5,3",
                                "12-2",
                                "20/2",
                                "2/4",
                                "-6/2",
                                "4/1",
                                "4/0",
                                "1/2/3",
                                "5*2",
                                "--3",
                                "+-3",
                                "- 3",
                                "1 000",
                                "2:30",
                                "1e3",
                                "0x10",
                                "5x2",
                                "5 x 2",
                                "2 million",
                                "3 dozen",
                                "10 or 11",
                                "5k",
                                "$3M",
                                "10 and a half",
                                "3\u00bd",
                                "5\u00b2",
                                "It is 5",
                                "(5)",
                                "5\n6",
                                "5\nmore",
                                "\\boxed{5}",
                                "9223372036854775808",
                                "99999999999999999999",
                                "0.0000000000000000001",
                                "1 of the many that there are",
                                "\xff",
                                "5\xff",
                                "5\xe2",
                                "\u0663"})
        CHECK_MESSAGE(number(written) == "", written);
    CHECK(!read_number(std::string_view("5\0", 2)));
}

TEST_CASE("an answer stands behind the last mark, or alone") {
    CHECK(read_answer("#### 2,400") == rational(2400));
    CHECK(read_answer("####5") == rational(5));
    CHECK(read_answer("####\u00a05") == rational(5));
    CHECK(read_answer("#### 1\nNo.\n#### 2 \n") == rational(2));
    CHECK(read_answer("It is 3+4=<<3+4=7>>7.\n#### 7") == rational(7));
    CHECK(read_answer("7 apples") == rational(7));
    CHECK(!read_answer("####"));
    CHECK(!read_answer("The answer is 5."));
    CHECK(read_written_answer("The answer is 5.") == rational(5));
    CHECK(read_written_answer("So it is \\boxed{7/2}.") == Rational{7, 2});
    CHECK(read_written_answer("It is 4.\n#### 5") == rational(5));
    CHECK(!read_written_answer("\\boxed{x}"));
    CHECK(!read_written_answer("It is 5."));
    CHECK(!read_answer("#### 5\n6"));
}

TEST_CASE("a value is rounded as far as the written decimals say, halves away from zero") {
    CHECK(written(rational(10, 3), "3.3"));
    CHECK(written(rational(10, 3), "3.33"));
    CHECK(!written(rational(10, 3), "3.34"));
    CHECK(!written(rational(10, 3), "3"));
    CHECK(!written(rational(10, 3), "3."));
    CHECK(!written(rational(2, 3), "0.66"));
    CHECK(written(rational(2, 3), "0.67"));
    CHECK(!written(rational(7, 2), "4"));
    CHECK(!written(rational(7, 2), "3"));
    CHECK(written(rational(7, 2), "7/2"));
    CHECK(written(rational(7, 2), "3.50"));
    CHECK(written(rational(1, 8), "0.13"));
    CHECK(!written(rational(1, 8), "0.12"));
    CHECK(written(rational(-1, 8), "-0.13"));
    CHECK(!written(rational(-1, 8), "-0.12"));
    CHECK(written(rational(1, 20), ".1"));
    CHECK(written(rational(100, 3), "33.333333333333333"));
    CHECK(written(rational(INT64_MAX), "9223372036854775807"));
    CHECK(!written(rational(INT64_MAX), "0.000000000000000001"));
    CHECK(written(rational(1, INT64_MAX), "0.0"));
}

TEST_CASE("expressions are handed on without what counts for nothing") {
    CHECK(plain_text("1,000*2") == "1000*2");
    CHECK(plain_text("$5 * 2") == "5 * 2");
    CHECK(plain_text("-3--4") == "-3--4");
    CHECK(plain_text("5\u00d72\u2212.5\u00f74") == "5*2-0.5/4");
    CHECK(plain_text("5.+(3)") == "5+(3)");
    CHECK(plain_text("12 inches/2") == "12/2");
    CHECK(plain_text("20%+30%") == "20+30");
    CHECK(plain_text("20%*50") == "none"); // 20 or 0.2?
    CHECK(plain_text("560//10") == "560/10");
    for (const char* text : {"24,00*2", "5x2", "5 x 2", "2 3", "1e3*2", "12:00-10:00", "5!",
                             "sqrt(4)", "3 dozen*2", "5\u00b2+1", "\xff"})
        CHECK_MESSAGE(plain_text(text) == "none", text);
}

TEST_CASE("our own numbers and expressions are read as they are") {
    Random random(1, "tests/number_text");
    for (int i = 0; i < 1000; ++i) {
        const auto draw = [&] { return static_cast<int64_t>(random.below(2000)) - 1000; };
        const Rational value = rational(draw(), 1 + static_cast<int64_t>(random.below(30)));
        CHECK(read_answer(text(value)) == value);
        const std::string sum = fmt::format("{}*({}-{})/{}", draw(), draw(), draw(), draw());
        CHECK(plain_text(sum) == sum);
        CHECK(plain_text(print(parse_expression(sum))) == print(parse_expression(sum)));
    }
}

TEST_CASE("a value in digits") {
    CHECK(decimal_text(rational(24)) == "24");
    CHECK(decimal_text(rational(7, 2)) == "3.5");
    CHECK(decimal_text(rational(-1, 8)) == "-0.125");
    CHECK(decimal_text(rational(1, 3)) == "0.33");
    CHECK(decimal_text(rational(2, 3)) == "0.67");
    CHECK(decimal_text(rational(-2, 3)) == "-0.67");
    CHECK(decimal_text(rational(1, 400)) == "0.0025");
    CHECK(decimal_text(rational(-1, 700)) == "0.00");
    CHECK(decimal_text(rational(2999, 1001)) == "3.00");
    CHECK(decimal_text(rational(INT64_MAX, 2)) == "4611686018427387903.5");
}
