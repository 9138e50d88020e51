#include "search/worlds/arithmetic/sentences.h"

#include "engine/base/error.h"
#include "search/worlds/text/scanner.h"

#include <optional>
#include <string>

namespace qstar::search {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

enum class Meaning { add, subtract, subtract_swapped, difference, multiply, divide };

// "BEFORE a BETWEEN b": BEFORE may be empty.
struct Pattern {
    std::string_view before, between;
    Meaning meaning;
};

constexpr Pattern kPatterns[] = {
    {"add together ", " and ", Meaning::add},
    {"put together ", " and ", Meaning::add},
    {"add ", " and ", Meaning::add},
    {"add ", " to ", Meaning::add},
    {"the sum of ", " and ", Meaning::add},
    {"sum of ", " and ", Meaning::add},
    {"sum ", " and ", Meaning::add},
    {"the total of ", " and ", Meaning::add},
    {"total of ", " and ", Meaning::add},
    {"subtract ", " from ", Meaning::subtract_swapped},
    {"the difference between ", " and ", Meaning::difference},
    {"the distance between ", " and ", Meaning::difference},
    {"the product of ", " and ", Meaning::multiply},
    {"product of ", " and ", Meaning::multiply},
    {"multiply ", " and ", Meaning::multiply},
    {"multiply ", " by ", Meaning::multiply},
    {"divide ", " by ", Meaning::divide},
    {"", " plus ", Meaning::add},
    {"", " minus ", Meaning::subtract},
    {"", " take away ", Meaning::subtract},
    {"", " less than ", Meaning::subtract_swapped},
    {"", " times ", Meaning::multiply},
    {"", " divided by ", Meaning::divide},
};

Expression join(Meaning meaning, const Expression& a, const Expression& b) {
    switch (meaning) {
    case Meaning::add:
        return combine(Kind::add, a, b);
    case Meaning::subtract:
        return combine(Kind::subtract, a, b);
    case Meaning::subtract_swapped:
        return combine(Kind::subtract, b, a);
    case Meaning::multiply:
        return combine(Kind::multiply, a, b);
    case Meaning::divide:
        return combine(Kind::divide, a, b);
    case Meaning::difference:
        break;
    }
    // A distance is never negative: the larger comes first.
    return evaluate(a) < evaluate(b) ? combine(Kind::subtract, b, a)
                                     : combine(Kind::subtract, a, b);
}

std::optional<Expression> match(std::string_view text, const Pattern& pattern) {
    if (!text.starts_with(pattern.before)) return {};
    const std::string_view rest = text.substr(pattern.before.size());
    const size_t middle = rest.find(pattern.between);
    if (middle == std::string_view::npos) return {};
    return join(pattern.meaning, parse_expression(rest.substr(0, middle)),
                parse_expression(rest.substr(middle + pattern.between.size())));
}

} // namespace

Expression read_sentence(std::string_view line) {
    const std::string whole = lower(trimmed(line));
    if (whole.empty()) fail("expected a problem, found an empty line");
    for (const std::string_view word : {"in base", "root", "power", "sqrt", "simplify", "nearest"})
        if (whole.find(word) != std::string::npos)
            fail("\"{}\" is outside the world arithmetic: expected an expression of numbers, "
                 "+ - * / and brackets, found \"{}\"",
                 line.substr(0, 100), word);

    std::string_view text = whole;
    if (text.ends_with('.') || text.ends_with('?')) text = trimmed(text.substr(0, text.size() - 1));
    for (const std::string_view opening :
         {"what is the value of ", "what is ", "calculate ", "evaluate ", "work out "})
        if (text.starts_with(opening)) {
            text = trimmed(text.substr(opening.size()));
            break;
        }
    for (const Pattern& pattern : kPatterns)
        if (std::optional<Expression> found = match(text, pattern)) return *found;
    return parse_expression(text);
}

} // namespace qstar::search
