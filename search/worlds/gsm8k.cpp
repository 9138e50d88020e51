#include "search/worlds/gsm8k.h"

#include "engine/error.h"
#include "engine/io/jsonl.h"
#include "search/worlds/expression.h"

#include <optional>

namespace qstar::search {

namespace {

constexpr std::string_view answer_mark = "####";

std::string_view trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<Rational> value_of(std::string_view text) {
    try {
        return evaluate(parse_expression(text));
    } catch (const Error&) {
        return {};
    }
}

// "#### $1,080.5" -> 2161/2; nothing for what is no number.
std::optional<Rational> number_of(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with(answer_mark)) text = trimmed(text.substr(answer_mark.size()));
    std::string digits;
    for (const char c : text)
        if (c != ',' && c != '$') digits += c;
    if (digits.empty() || digits.find_first_not_of("0123456789.-/") != std::string::npos) return {};
    return value_of(digits);
}

// Is b the value of a, rounded to the decimals of b? |a - b| 10^decimals <= 1/2.
bool holds(std::string_view equation) {
    const size_t equals = equation.rfind('=');
    if (equals == equation.npos) return false;
    const std::string_view right = trimmed(equation.substr(equals + 1));
    const auto a = value_of(equation.substr(0, equals)), b = value_of(right);
    if (!a || !b) return false;
    const size_t point = right.find('.');
    const size_t decimals = point == right.npos ? 0 : right.size() - point - 1;
    if (decimals > 12) return *a == *b;
    try {
        Rational gap = *a - *b;
        if (gap < rational(0)) gap = -gap;
        for (size_t i = 0; i < decimals; ++i) gap = gap * rational(10);
        return gap <= rational(1, 2);
    } catch (const Error&) {
        return false; // too far apart to be calculated
    }
}

} // namespace

WordProblem word_problem(const JsonLine& line) {
    WordProblem problem{std::string(trimmed(string_field(line, "question"))), {}};
    const std::string answer = string_field(line, "answer");
    if (problem.question.empty())
        fail("{}: field \"question\": expected a question, found no text", line.where);
    for (size_t begin = 0; begin <= answer.size();) {
        const size_t end = std::min(answer.find('\n', begin), answer.size());
        const auto text = trimmed(std::string_view(answer).substr(begin, end - begin));
        if (!text.empty()) problem.solution.emplace_back(text);
        begin = end + 1;
    }
    const std::string last = problem.solution.empty() ? "" : problem.solution.back();
    if (!last.starts_with(answer_mark) || !number_of(last))
        fail("{}: field \"answer\": expected a last line \"#### NUMBER\", found \"{}\"", line.where,
             last);
    problem.solution.back() = trimmed(std::string_view(last).substr(answer_mark.size()));
    return problem;
}

std::vector<WordProblem> read_word_problems(const std::string& path) {
    std::vector<WordProblem> problems;
    for (const JsonLine& line : read_jsonl(path)) problems.push_back(word_problem(line));
    if (problems.empty()) fail("{}: expected at least one problem, found none", path);
    return problems;
}

Gsm8k::Gsm8k(const std::vector<WordProblem>& problems, std::string where)
    : where_(std::move(where)) {
    for (const WordProblem& problem : problems)
        answers_[problem.question] = canonical_answer(problem.solution.back());
}

std::string Gsm8k::read(std::string_view line) const {
    const std::string_view text = trimmed(line);
    if (text.empty()) fail("expected a question, found no text");
    return std::string(text);
}

Label check_annotations(std::string_view line) {
    bool any = false;
    for (size_t at = line.find("<<"); at != line.npos; at = line.find("<<", at)) {
        const size_t end = line.find(">>", at);
        if (end == line.npos || !holds(line.substr(at + 2, end - at - 2))) return Label::wrong;
        any = true;
        at = end + 2;
    }
    return any ? Label::right : Label::neutral;
}

Label Gsm8k::check_step(const Path& path, std::string_view step, bool final) const {
    if (!final) return check_annotations(step);
    return check_answer(path.problem, step) ? Label::right : Label::wrong;
}

bool Gsm8k::check_answer(std::string_view problem, std::string_view answer) const {
    const auto known = answers_.find(trimmed(problem));
    const auto given = number_of(answer);
    return known != answers_.end() && given && text(*given) == known->second;
}

std::string Gsm8k::answer(std::string_view problem) const {
    const auto known = answers_.find(trimmed(problem));
    if (known == answers_.end()) fail("{} has no answer to \"{}\"", where_, problem);
    return known->second;
}

std::string Gsm8k::canonical_answer(std::string_view answer) const {
    const auto number = number_of(answer);
    return number ? text(*number) : std::string(answer);
}

std::string Gsm8k::state(const Path& path) const { return text_of(path); }

} // namespace qstar::search
