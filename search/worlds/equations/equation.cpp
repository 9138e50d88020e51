#include "search/worlds/equations/equation.h"

#include "engine/base/error.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <array>

namespace qstar::search {

namespace {

constexpr size_t kLongestEquation = 1024;
constexpr int kMaxTerms = 12; // of a kind: rewritings_left() looks at all subsets

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// side = "0" | term {(+|-) term}   term = {-|+} (number ["*" letter] | letter)
// number = integer ["/" integer] | decimal | "(" {-|+} number ")"
struct EquationParser : Scanner {
    char letter = 0;

    Rational integer() {
        if (!is_digit(peek())) unexpected("a number or the unknown");
        Rational value;
        while (at < text.size() && is_digit(text[at]))
            value = value * rational(10) + rational(text[at++] - '0');
        if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
            Rational place = rational(1);
            for (++at; at < text.size() && is_digit(text[at]); ++at) {
                place = place / rational(10);
                value = value + place * rational(text[at] - '0');
            }
        }
        return value;
    }

    Rational number() {
        if (peek() == '(') {
            ++at;
            const bool negative = sign();
            const Rational value = number();
            if (peek() != ')') unexpected("')'");
            ++at;
            return negative ? -value : value;
        }
        Rational value = integer();
        if (peek() == '/') {
            ++at;
            value = value / integer();
        }
        return value;
    }

    void name() {
        if (letter != 0 && text[at] != letter)
            fail("column {}: expected one unknown, found '{}' and '{}'", at + 1, letter, text[at]);
        letter = text[at++];
        if (at < text.size() && is_letter(text[at])) unexpected("an unknown of one letter");
    }

    Term term() {
        const bool negative = sign();
        Term result{rational(1), false};
        if (is_letter(peek())) {
            name();
            result.unknown = true;
        } else {
            result.value = number();
            if (peek() == '*') {
                ++at;
                if (!is_letter(peek())) unexpected("the unknown");
                name();
                result.unknown = true;
            }
        }
        if (negative) result.value = -result.value;
        return result;
    }

    std::vector<Term> side() {
        std::vector<Term> terms;
        do {
            if (const Term next = term(); next.value.num != 0) terms.push_back(next);
        } while (peek() == '+' || peek() == '-');
        return terms;
    }
};

std::string print_side(const std::vector<Term>& terms, char unknown) {
    if (terms.empty()) return "0";
    std::string out;
    for (const Term& term : terms) {
        const bool negative = term.value.num < 0;
        const Rational size = negative ? -term.value : term.value;
        if (negative)
            out += '-';
        else if (!out.empty())
            out += '+';
        if (!term.unknown) {
            out += text(size);
            continue;
        }
        if (size != rational(1))
            out += (size.is_integer() ? text(size) : "(" + text(size) + ")") + "*";
        out += unknown;
    }
    return out;
}

Rational sum(const std::vector<Term>& terms, bool unknown) {
    Rational total;
    for (const Term& term : terms)
        if (term.unknown == unknown) total = total + term.value;
    return total;
}

// Ways to collect all terms of a kind into one (or none, if they sum to zero): the fewest
// rewritings, by the sides on which the one could stand in the end.
struct Collected {
    bool any = false;          // a term is left
    std::array<int, 2> cost{}; // if it is to stand on the left, on the right
    static constexpr int kNever = 1000;
};

// With the terms as (value brought to the left, on the right?): groups that sum to zero
// vanish, each for one rewriting less than it has terms; the rest becomes one term, on a
// side where one of them stood.
Collected collect(const std::vector<std::pair<Rational, bool>>& terms) {
    const size_t n = terms.size(), all = size_t{1} << n;
    std::vector<Rational> sums(all);
    std::vector<int> groups(all, -1); // the most groups of sum zero that make up a set
    groups[0] = 0;
    for (size_t set = 1; set < all; ++set) {
        size_t last = 0;
        while (!(set >> last & 1)) ++last;
        sums[set] = sums[set & (set - 1)] + terms[last].first;
    }
    for (size_t set = 1; set < all; ++set) {
        if (sums[set].num != 0) continue;
        groups[set] = 1;
        for (size_t part = (set - 1) & set; part > 0; part = (part - 1) & set)
            if (groups[part] > 0 && sums[part].num == 0)
                groups[set] = std::max(groups[set], groups[part] + std::max(groups[set ^ part], 0));
    }
    Collected result;
    result.any = n > 0 && sums[all - 1].num != 0;
    result.cost = {Collected::kNever, Collected::kNever};
    for (size_t set = 0; set < all; ++set) {
        if (groups[set] < 0 || (!result.any && set != all - 1)) continue;
        const int cost = static_cast<int>(n) - groups[set] - (result.any ? 1 : 0);
        std::array<bool, 2> stands = {!result.any, !result.any};
        for (size_t i = 0; i < n; ++i)
            if (!(set >> i & 1)) stands[terms[i].second] = true;
        for (const size_t side : {0, 1})
            if (stands[side]) result.cost[side] = std::min(result.cost[side], cost);
    }
    return result;
}

std::vector<std::pair<Rational, bool>> brought_left(const Equation& equation, bool unknown) {
    std::vector<std::pair<Rational, bool>> terms;
    for (const Term& term : equation.left)
        if (term.unknown == unknown) terms.emplace_back(term.value, false);
    for (const Term& term : equation.right)
        if (term.unknown == unknown) terms.emplace_back(-term.value, true);
    return terms;
}

// What `value` was added to: the term changes or vanishes.
void add_to(std::vector<Term>& terms, size_t at, Rational value) {
    terms[at].value = terms[at].value + value;
    if (terms[at].value.num == 0) terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(at));
}

void remove(std::vector<Term>& terms, size_t at) {
    terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(at));
}

} // namespace

Equation parse_equation(std::string_view text) {
    if (text.size() > kLongestEquation)
        fail("expected an equation of at most {} characters, found {}", kLongestEquation,
             text.size());
    EquationParser parser{{text, 0}, 0};
    Equation equation;
    equation.left = parser.side();
    if (parser.peek() != '=') parser.unexpected("'=' or an operation");
    ++parser.at;
    equation.right = parser.side();
    if (parser.peek() != '\0' || parser.at < text.size()) parser.unexpected("an operation");
    if (parser.letter == 0) fail("expected an equation with an unknown, found none");
    equation.unknown = parser.letter;
    for (const bool unknown : {false, true}) {
        const size_t count = brought_left(equation, unknown).size();
        if (count > kMaxTerms)
            fail("expected at most {} {}, found {}", kMaxTerms,
                 unknown ? "multiples of the unknown" : "numbers", count);
    }
    return equation;
}

std::string print(const Equation& equation) {
    return print_side(equation.left, equation.unknown) + "=" +
           print_side(equation.right, equation.unknown);
}

Rational coefficient(const Equation& equation) {
    return sum(equation.left, true) - sum(equation.right, true);
}

Rational solution(const Equation& equation) {
    const Rational number = sum(equation.right, false) - sum(equation.left, false);
    const Rational by = coefficient(equation);
    if (by.num == 0)
        fail("expected an equation with one solution, found one that {} number solves",
             number.num == 0 ? "every" : "no");
    return number / by;
}

int rewritings_left(const Equation& equation) {
    const Collected unknowns = collect(brought_left(equation, true));
    const Collected numbers = collect(brought_left(equation, false));
    const Rational left = coefficient(equation);
    int fewest = Collected::kNever;
    for (const size_t side : {0, 1}) { // the unknown is collected on this side
        const Rational here = side == 0 ? left : -left;
        const auto divide = [](Rational k) { return k == rational(1) ? 0 : 1; };
        const int together = unknowns.cost[side];
        fewest = std::min(fewest, together + numbers.cost[1 - side] + divide(here));
        if (numbers.any) // both on one side: one of them has to move
            fewest = std::min(fewest, together + numbers.cost[side] + 1 +
                                          std::min(divide(here), divide(-here)));
        else // zero on the other side: the unknown can go there
            fewest = std::min(fewest, together + numbers.cost[side] + 1 + divide(-here));
    }
    return fewest;
}

std::vector<Equation> rewritings(const Equation& equation) {
    std::vector<Equation> out;
    const auto offer = [&](const auto& change) {
        Equation next = equation;
        try {
            change(next);
        } catch (const Error&) {
            return; // a number that does not fit
        }
        out.push_back(std::move(next));
    };
    const std::vector<Term>&left = equation.left, &right = equation.right;
    // Collect on a side.
    for (const auto side : {&Equation::left, &Equation::right})
        for (size_t i = 0; i < (equation.*side).size(); ++i)
            for (size_t j = i + 1; j < (equation.*side).size(); ++j)
                if ((equation.*side)[i].unknown == (equation.*side)[j].unknown)
                    offer([&](Equation& e) {
                        const Rational value = (e.*side)[j].value;
                        remove(e.*side, j);
                        add_to(e.*side, i, value);
                    });
    // Collect across: subtract one of two like terms from both sides.
    for (size_t i = 0; i < left.size(); ++i)
        for (size_t j = 0; j < right.size(); ++j) {
            if (left[i].unknown != right[j].unknown) continue;
            offer([&](Equation& e) {
                remove(e.right, j);
                add_to(e.left, i, -right[j].value);
            });
            offer([&](Equation& e) {
                remove(e.left, i);
                add_to(e.right, j, -left[i].value);
            });
        }
    // Move a term.
    for (size_t i = 0; i < left.size(); ++i)
        offer([&](Equation& e) {
            remove(e.left, i);
            e.right.push_back({-left[i].value, left[i].unknown});
        });
    for (size_t j = 0; j < right.size(); ++j)
        offer([&](Equation& e) {
            remove(e.right, j);
            e.left.push_back({-right[j].value, right[j].unknown});
        });
    // Divide.
    for (const auto* terms : {&left, &right})
        for (const Term& by : *terms) {
            if (!by.unknown || by.value == rational(1)) continue;
            offer([&](Equation& e) {
                for (Term& term : e.left) term.value = term.value / by.value;
                for (Term& term : e.right) term.value = term.value / by.value;
            });
        }
    return out;
}

} // namespace qstar::search
