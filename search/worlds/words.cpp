#include "search/worlds/words.h"

#include "engine/error.h"
#include "search/worlds/expression.h"

#include <algorithm>
#include <optional>

namespace qstar::search {

namespace {

// One space between words, none around.
std::string one_line(std::string_view text) {
    std::string out;
    bool blank = false;
    for (const char c : text) {
        const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!is_blank) {
            if (blank && !out.empty()) out += ' ';
            out += c;
        }
        blank = is_blank;
    }
    return out;
}

// "72", "$1,050", "-3", "7/2", "2.5", also behind "####"; the unit of money and commas
// between thousands count for nothing.
std::optional<Rational> number_of(std::string_view text) {
    if (const size_t mark = text.rfind("####"); mark != std::string_view::npos)
        text.remove_prefix(mark + 4);
    std::string plain = one_line(text);
    std::erase_if(plain, [](char c) { return c == ',' || c == '$' || c == '%'; });
    if (plain.ends_with('.')) plain.pop_back();
    try {
        const Expression expression = parse_expression(plain);
        if (expression.is_number()) return expression[expression.root()].value;
    } catch (const Error&) {
    }
    return {};
}

struct Calculation {
    std::vector<Rational> used; // its numbers; a fraction 7/2 uses 7 and 2
    Rational result;
};

// All calculations of a line; nothing if one of them is wrong or there is none.
std::optional<std::vector<Calculation>> calculations(std::string_view line) {
    std::vector<Calculation> all;
    try {
        for (size_t at = line.find("<<"); at != std::string_view::npos; at = line.find("<<", at)) {
            const size_t end = line.find(">>", at);
            if (end == std::string_view::npos) return {};
            const std::string_view inner = line.substr(at + 2, end - at - 2);
            const size_t equals = inner.rfind('=');
            if (equals == std::string_view::npos) return {};
            const std::optional<Rational> result = number_of(inner.substr(equals + 1));
            const Expression expression = parse_expression(inner.substr(0, equals));
            if (!result || evaluate(expression) != *result) return {};
            // Behind the annotation the result stands once more.
            std::string_view copy = line.substr(end + 2);
            copy = copy.substr(0, copy.find_first_not_of("0123456789.,/$-"));
            if (!copy.empty() && number_of(copy) != result) return {};
            Calculation calculation{{}, *result};
            for (const ExpressionNode& node : expression.nodes) {
                if (node.kind != Kind::number) continue;
                calculation.used.push_back(node.value);
                if (node.value.is_integer()) continue;
                calculation.used.back() = rational(node.value.num);
                calculation.used.push_back(rational(node.value.den));
            }
            all.push_back(std::move(calculation));
            at = end;
        }
    } catch (const Error&) {
        return {};
    }
    if (all.empty()) return {};
    return all;
}

std::optional<Story> story_of(std::string_view problem) {
    try {
        return read_story(problem);
    } catch (const Error&) {
        return {};
    }
}

bool contains(const std::vector<Rational>& numbers, Rational number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

} // namespace

std::string Words::read(std::string_view line) const {
    const std::string text = one_line(line);
    if (text.empty()) fail("expected a problem, found an empty line");
    read_story(text); // what is none is refused here
    return text;
}

std::string Words::read_answered(std::string_view line, std::string_view answer) const {
    const std::string text = one_line(line);
    if (text.empty()) fail("expected a question, found an empty text");
    if (!number_of(answer))
        fail("expected an answer that ends in \"#### NUMBER\", found \"{}\"",
             answer.substr(0, 100));
    return text;
}

Label Words::check_step(const Path& path, std::string_view step, bool final) const {
    const std::optional<Story> story = story_of(path.problem);
    if (final) {
        if (!number_of(step)) return Label::wrong;
        if (!story) return Label::neutral;
        return number_of(step) == story->answer ? Label::right : Label::wrong;
    }
    const auto now = calculations(step);
    if (!now) return Label::wrong;
    if (!story) return Label::neutral;
    std::vector<Rational> known = story->given, found;
    for (const std::string& before : path.steps)
        if (const auto done = calculations(before))
            for (const Calculation& calculation : *done) found.push_back(calculation.result);
    known.insert(known.end(), found.begin(), found.end());
    for (const Calculation& calculation : *now) {
        for (const Rational number : calculation.used)
            if (!contains(known, number)) return Label::wrong;
        known.push_back(calculation.result);
    }
    // Of a value that the solution needs twice, two are still to be found.
    const Rational result = now->back().result;
    const auto needed = std::count_if(story->operations.begin(), story->operations.end(),
                                      [&](const Operation& o) { return o.value == result; });
    return std::count(found.begin(), found.end(), result) < needed ? Label::right : Label::neutral;
}

bool Words::check_answer(std::string_view problem, std::string_view answer) const {
    const std::optional<Rational> given = number_of(answer);
    const std::optional<Story> story = story_of(problem);
    return given && story && *given == story->answer;
}

std::string Words::answer(std::string_view problem) const {
    return text(read_story(problem).answer);
}

std::string Words::canonical_answer(std::string_view answer) const {
    const std::optional<Rational> number = number_of(answer);
    return number ? text(*number) : std::string(answer);
}

std::string Words::answer_of(const Path& path) const {
    return canonical_answer(World::answer_of(path));
}

std::string annotated(const Operation& o) {
    const auto operand = [](Rational value) {
        return value.is_integer() ? text(value) : "(" + text(value) + ")";
    };
    const std::string sum = operand(o.left) + o.symbol + operand(o.right) + "=";
    return sum + "<<" + sum + text(o.value) + ">>" + text(o.value);
}

std::optional<int64_t> Words::shortest(std::string_view problem) const {
    return std::ssize(derive_words(problem));
}

std::vector<std::string> derive_words(std::string_view problem) {
    const Story story = read_story(problem);
    std::vector<std::string> steps;
    for (const Operation& operation : story.operations) steps.push_back(annotated(operation));
    steps.push_back("#### " + text(story.answer));
    return steps;
}

} // namespace qstar::search
