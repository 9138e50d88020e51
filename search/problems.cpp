#include "search/problems.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"

#include <tuple>

namespace qstar::search {

namespace {

struct Line {
    std::string text;
    size_t number;
};

std::vector<Line> lines_of(const std::string& bytes) {
    std::vector<Line> lines;
    for (size_t begin = 0, number = 1; begin < bytes.size(); ++number) {
        size_t end = bytes.find('\n', begin);
        if (end == std::string::npos) end = bytes.size();
        std::string text = bytes.substr(begin, end - begin);
        if (text.ends_with('\r')) text.pop_back();
        lines.push_back({std::move(text), number});
        begin = end + 1;
    }
    return lines;
}

bool blank(const std::string& text) { return text.find_first_not_of(" \t") == std::string::npos; }

// The problem, and the answer that may stand with a question.
std::pair<std::string, std::string> json_problem(const std::string& text,
                                                 const std::string& where) {
    const Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) fail("{}: not JSON", where);
    if (!value.is_object()) fail("{}: expected a JSON object, found {}", where, value.type_name());
    const JsonLine line{value, where};
    if (value.contains("problem")) return {string_field(line, "problem"), ""};
    if (value.contains("question"))
        return {string_field(line, "question"),
                value.contains("answer") ? string_field(line, "answer") : ""};
    fail("{}: expected a field \"problem\" or \"question\", found neither", where);
}

} // namespace

std::vector<ProblemLine> read_problems(const World& world, const std::string& path,
                                       std::string_view format) {
    if (format != "lines" && format != "jsonl" && format != "pairs")
        fail("unknown format \"{}\": expected one of lines, jsonl, pairs", format);
    const std::vector<Line> lines = lines_of(read_file(path));
    std::vector<ProblemLine> problems;
    for (size_t i = 0; i < lines.size(); ++i) {
        const std::string where = fmt::format("{}:{}", path, lines[i].number);
        std::string input = lines[i].text, answer;
        if (format != "pairs") {
            if (blank(input)) continue;
            if (format == "jsonl" || input[input.find_first_not_of(" \t")] == '{')
                std::tie(input, answer) = json_problem(input, where);
        }
        std::string problem;
        try {
            problem = answer.empty() ? world.read(input) : world.read_answered(input, answer);
        } catch (const Error& error) {
            fail("{}: {}", where, error.what());
        }
        if (format == "pairs") {
            if (++i == lines.size()) fail("{}: expected an answer after this question", where);
            if (!world.check_answer(problem, lines[i].text))
                fail("{}:{}: expected the answer to \"{}\", {}, found \"{}\"", path,
                     lines[i].number, input, world.answer(problem), lines[i].text);
        }
        problems.push_back({std::move(input), std::move(problem), std::move(answer)});
    }
    if (problems.empty()) fail("{}: expected at least one problem, found none", path);
    return problems;
}

} // namespace qstar::search
