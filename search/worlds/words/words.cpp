#include "search/worlds/words/words.h"

#include "engine/base/error.h"
#include "search/worlds/text/number_text.h"
#include "search/worlds/words/annotations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    if (!read_answer(answer))
        fail("expected an answer that ends in \"#### NUMBER\", found \"{}\"",
             answer.substr(0, 100));
    if (const std::optional<Story> story = story_of(text))
        if (read_answer(answer) != story->answer)
            fail("expected the answer to \"{}\", {}, found \"{}\"", text,
                 search::text(story->answer), answer.substr(0, 100));
    return text;
}

Label Words::check_step(const Path& path, std::string_view step, bool final) const {
    const std::optional<Story> story = story_of(path.problem);
    if (final) {
        if (!read_written_answer(step)) return Label::wrong;
        if (!story) return Label::neutral;
        return read_written_answer(step) == story->answer ? Label::right : Label::wrong;
    }
    const auto now = read_annotations(step);
    if (!now || (story && now->empty())) return Label::wrong;
    if (!story) return Label::neutral;
    std::vector<Rational> known = story->given, found;
    for (const std::string& before : path.steps)
        if (const auto done = read_annotations(before))
            for (const Annotation& annotation : *done) found.push_back(annotation.result);
    known.insert(known.end(), found.begin(), found.end());
    for (const Annotation& annotation : *now) {
        for (const Rational number : annotation.used)
            if (!contains(known, number)) return Label::wrong;
        known.push_back(annotation.result);
    }
    // Of a value that the solution needs twice, two are still to be found.
    const Rational result = now->back().result;
    const auto needed = std::count_if(story->operations.begin(), story->operations.end(),
                                      [&](const Operation& o) { return o.value == result; });
    return std::count(found.begin(), found.end(), result) < needed ? Label::right : Label::neutral;
}

bool Words::check_answer(std::string_view problem, std::string_view answer) const {
    const std::optional<Rational> given = read_written_answer(answer);
    const std::optional<Story> story = story_of(problem);
    return given && story && *given == story->answer;
}

std::string Words::answer(std::string_view problem) const {
    return text(read_story(problem).answer);
}

std::string Words::canonical_answer(std::string_view answer) const {
    const std::optional<Rational> number = read_written_answer(answer);
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
