#include "search/worlds/words/gsm8k.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "search/worlds/text/number_text.h"
#include "search/worlds/text/scanner.h"
#include "search/worlds/words/annotations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace qstar::search {

namespace {

constexpr std::string_view kAnswerMark = "####";

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
    const std::optional<Rational> number = read_answer(last);
    // It is judged as what a model wrote: "#### 10The answer isapples" would be none there.
    if (!last.starts_with(kAnswerMark) || !number || read_written_answer(last) != number)
        fail("{}: field \"answer\": expected a last line \"#### NUMBER\", found \"{}\"", line.where,
             last);
    const size_t mark = last.rfind(kAnswerMark); // as read_answer() does
    problem.solution.back() = trim_blanks(std::string_view(last).substr(mark + kAnswerMark.size()));
    return problem;
}

std::vector<WordProblem> read_word_problems(const std::string& path) {
    std::vector<WordProblem> problems;
    std::map<std::string, std::pair<std::string, Rational>> known; // line and answer of a question
    BadLines bad;
    read_jsonl(path, bad, [&](const JsonLine& line) {
        WordProblem problem = word_problem(line);
        const Rational answer = *read_answer(problem.solution.back());
        const auto& [place, first] =
            known.try_emplace(problem.question, line.where, answer).first->second;
        if (first != answer)
            fail("{}: expected another question, or the answer of line {}, {}, found {}",
                 line.where, place.substr(place.rfind(':') + 1), text(first), text(answer));
        problems.push_back(std::move(problem));
    });
    bad.settle(path);
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
    const auto annotations = read_annotations(line);
    if (!annotations) return Label::wrong;
    return annotations->empty() ? Label::neutral : Label::right;
}

Label Gsm8k::check_step(const Path& path, std::string_view step, bool final) const {
    if (!final) return check_annotations(step);
    return check_answer(path.problem, step) ? Label::right : Label::wrong;
}

bool Gsm8k::check_answer(std::string_view problem, std::string_view answer) const {
    const auto known = answers_.find(trimmed(problem));
    const auto given = read_written_answer(answer);
    return known != answers_.end() && given && text(*given) == known->second;
}

std::string Gsm8k::answer(std::string_view problem) const {
    const auto known = answers_.find(trimmed(problem));
    if (known == answers_.end()) fail("{} has no answer to \"{}\"", where_, problem);
    return known->second;
}

std::string Gsm8k::canonical_answer(std::string_view answer) const {
    const auto number = read_written_answer(answer);
    return number ? text(*number) : std::string(answer);
}

std::string Gsm8k::state(const Path& path) const { return text_of(path); }

} // namespace qstar::search
