#include "search/worlds/arithmetic/expression.h"

#include "engine/base/error.h"
#include "engine/base/random.h"

#include <doctest/doctest.h>
#include <limits>

using namespace qstar;
using namespace qstar::search;

namespace {

std::string canonical(std::string_view text) { return print(parse_expression(text)); }
Rational value(std::string_view text) { return evaluate(parse_expression(text)); }

// A random tree of at most `depth` levels with small numbers.
Expression random_expression(Random& random, int depth) {
    if (depth == 0 || random.below(4) == 0)
        return number_expression(rational(static_cast<int64_t>(random.below(25)) - 12,
                                          static_cast<int64_t>(random.below(4)) + 1));
    const Kind kinds[] = {Kind::add, Kind::subtract, Kind::multiply, Kind::divide};
    return combine(kinds[random.below(4)], random_expression(random, depth - 1),
                   random_expression(random, depth - 1));
}

// An independent evaluator: a shunting-yard in doubles.
double shunting_yard(const std::string& text) {
    std::vector<double> values;
    std::vector<char> signs; // 'n': unary minus
    const auto rank = [](char c) { return c == 'n' ? 3 : c == '*' || c == '/' ? 2 : 1; };
    const auto apply = [&] {
        const char c = signs.back();
        signs.pop_back();
        const double b = values.back();
        if (c == 'n') {
            values.back() = -b;
            return;
        }
        values.pop_back();
        double& a = values.back();
        a = c == '+' ? a + b : c == '-' ? a - b : c == '*' ? a * b : a / b;
    };
    bool operand = true;
    for (size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c >= '0' && c <= '9') {
            size_t length = 0;
            values.push_back(std::stod(text.substr(i), &length));
            i += length;
            operand = false;
            continue;
        }
        ++i;
        if (c == '(') {
            signs.push_back(c);
            operand = true;
        } else if (c == ')') {
            while (signs.back() != '(') apply();
            signs.pop_back();
            operand = false;
        } else if (operand) {
            signs.push_back('n');
        } else {
            while (!signs.empty() && signs.back() != '(' && rank(signs.back()) >= rank(c)) apply();
            signs.push_back(c);
            operand = true;
        }
    }
    while (!signs.empty()) apply();
    return values.back();
}

} // namespace

TEST_CASE("expressions print in their canonical form") {
    CHECK(canonical(" 3 * (4 + 5) - 2 ") == "3*(4+5)-2");
    CHECK(canonical("4 - -3") == "4--3");
    CHECK(canonical("-2*(3/6)") == "-2*(3/6)");
    CHECK(canonical("((3))*((4))") == "3*4");
    CHECK(canonical("(3*4)+5") == "3*4+5");
    CHECK(canonical("3-(4-5)") == "3-(4-5)");
    CHECK(canonical("(3-4)-5") == "3-4-5");
    CHECK(canonical("3*(-4)") == "3*-4");
    CHECK(canonical("(-3)*4") == "-3*4");
    CHECK(canonical("--4") == "4");
    CHECK(canonical("-(-(3+4))") == "3+4");
    CHECK(canonical("-(3+4)") == "-(3+4)");
    CHECK(canonical("3--(4+5)") == "3--(4+5)");
    CHECK(canonical("7/2") == "7/2");
    CHECK(canonical("(7/2)") == "7/2");
    CHECK(canonical("3*(7/2)") == "3*(7/2)");
    CHECK(canonical("1/2+1/3") == "(1/2)+(1/3)");
    CHECK(canonical("3*7/2") == "3*7/2");
    CHECK(canonical("0.5+1.25") == "(1/2)+(5/4)");
    CHECK(canonical("-0.5") == "-1/2");
}

TEST_CASE("a fraction in lowest terms is a number, any other division an operation") {
    CHECK(operations(parse_expression("7/2")) == 0);
    CHECK(operations(parse_expression("-7/2")) == 0);
    CHECK(operations(parse_expression("6/4")) == 1);
    CHECK(operations(parse_expression("4/2")) == 1);
    CHECK(operations(parse_expression("5/1")) == 1);
    CHECK(operations(parse_expression("7/-2")) == 1);
    CHECK(operations(parse_expression("0/5")) == 1);
    CHECK(operations(parse_expression("3*(7/2)")) == 1);
    CHECK(operations(parse_expression("3*7/2")) == 2);
    CHECK(operations(parse_expression("-(3+4)")) == 1);
}

TEST_CASE("values are those of an independent evaluator, and printing keeps tree and value") {
    Random random(1, "expression_test");
    int compared = 0;
    for (int i = 0; i < 3000; ++i) {
        const Expression e = random_expression(random, 4);
        const std::string text = print(e);
        CHECK_MESSAGE(parse_expression(text) == e, text);
        Rational exact;
        try {
            exact = evaluate(e);
        } catch (const Error&) {
            continue; // a division by zero
        }
        ++compared;
        const double expected = shunting_yard(text);
        CHECK_MESSAGE(static_cast<double>(exact.num) / static_cast<double>(exact.den) ==
                          doctest::Approx(expected),
                      text);
    }
    CHECK(compared > 2000);
}

TEST_CASE("any number may take an operation's place and the line stays readable") {
    Random random(2, "expression_test");
    for (int i = 0; i < 1000; ++i) {
        Expression e = random_expression(random, 4);
        while (!e.is_number()) {
            const std::vector<int> ids = reducible(e);
            REQUIRE(!ids.empty());
            const int id = ids[random.below(ids.size())];
            const Rational wrong = rational(static_cast<int64_t>(random.below(19)) - 9,
                                            static_cast<int64_t>(random.below(3)) + 1);
            const Expression next = replace(e, id, wrong);
            CHECK(operations(next) < operations(e));
            CHECK(parse_expression(print(next)) == next);
            e = next;
        }
    }
}

TEST_CASE("operations come innermost bracket first, then * and /, then from the left") {
    const auto first = [](std::string_view text) {
        const Expression e = parse_expression(text);
        const int id = reducible(e).front();
        return print(replace(e, id, compute(e, id)));
    };
    CHECK(first("1+2+3*4") == "1+2+12");
    CHECK(first("1+2-3") == "3-3");
    CHECK(first("8*9+3*(4+5)") == "8*9+3*9");
    CHECK(first("(1+2)*((3-4)-5)") == "3*(3-4-5)");
    CHECK(first("(1+2)*(5-(3-4))") == "(1+2)*(5--1)");
    CHECK(first("3*7/2+1") == "(21/2)+1");
    CHECK(first("6/4*3") == "(3/2)*3");
    CHECK(first("-(3+4)*2") == "-7*2");
}

TEST_CASE("tokens are numbers and signs in the order of the line") {
    const Expression e = parse_expression("-3*(4+7/2)");
    const std::vector<ExpressionToken> list = tokens(e);
    REQUIRE(list.size() == 7);
    CHECK(list[0].value == rational(-3));
    CHECK(list[1].symbol == '*');
    CHECK(list[2].symbol == '(');
    CHECK(list[5].value == rational(7, 2));
    CHECK(print(list) == "-3*(4+(7/2))");
}

TEST_CASE("what is no expression is an Error") {
    for (const char* text :
         {"", " ", "3+", "*3", "3 4", "(3", "3)", "()", "3**4", "3//4", "abc", "3.", ".", "1.2.3",
          "3+x", "99999999999999999999", "\xff", "3\n", "1e5"})
        CHECK_THROWS_AS_MESSAGE(parse_expression(text), Error, text);
    CHECK_THROWS_AS(value("1/0"), Error);
    CHECK_THROWS_AS(value("3/(2-2)"), Error);
    CHECK_THROWS_AS(value("9223372036854775807+1"), Error);
    CHECK_THROWS_AS(parse_expression(std::string(1000000, '(')), Error);
    CHECK_THROWS_AS(parse_expression(std::string(300, '(') + "1" + std::string(300, ')')), Error);
    CHECK_THROWS_AS(parse_expression(std::string_view("3+\0", 3)), Error);
    CHECK(value(std::string(4000, '-') + "1") == rational(1));
    std::string chain = "1";
    for (int i = 0; i < 2000; ++i) chain += "+1";
    CHECK(value(chain) == rational(2001));
    CHECK(canonical(chain) == chain);
}

TEST_CASE("random bytes never crash the parser, and what it takes it prints back") {
    Random random(3, "expression_test");
    const std::string alphabet = "0123456789+-*/() .";
    int parsed = 0;
    for (int i = 0; i < 60000; ++i) {
        std::string text;
        const size_t length = random.below(12);
        for (size_t j = 0; j < length; ++j)
            text += i % 3 == 0 ? static_cast<char>(random.below(256))
                               : alphabet[random.below(alphabet.size())];
        try {
            const Expression e = parse_expression(text);
            ++parsed;
            CHECK(parse_expression(print(e)) == e);
            evaluate(e);
        } catch (const Error&) {
        }
    }
    CHECK(parsed > 1000);
}
