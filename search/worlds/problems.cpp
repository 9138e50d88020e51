#include "search/worlds/problems.h"

#include "engine/base/error.h"
#include "engine/io/input.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"
#include "engine/text/text_lines.h"
#include "search/worlds/countdown/countdown_lines.h"
#include "search/worlds/text/scanner.h"

namespace qstar::search {

namespace {

bool is_countdown(const World& world) { return world.name() == "countdown"; }

void check_target(const World& world, std::optional<int64_t> target) {
    if (target && !is_countdown(world))
        fail("--target is for the world countdown, found with {}", world.name());
}

// What stands behind "####".
std::string final_answer(std::string answer) {
    constexpr std::string_view mark = "####";
    if (const size_t at = answer.rfind(mark); at != std::string::npos)
        answer.erase(0, at + mark.size());
    return std::string(trimmed(answer));
}

// Reads one file, line by line.
struct ProblemReader {
    const World& world;
    const std::string& path;
    const ProblemForm& form;
    CountdownLines countdown{form.target};
    std::optional<size_t> column = {}; // of a table of the Game of 24

    std::string where(int64_t line) const { return fmt::format("{}:{}", path, line); }

    // The line as the world's reader takes it.
    std::string problem_text(std::string_view line, int64_t number) {
        if (!is_countdown(world)) return std::string(line);
        if (!column) return countdown.read(line, number);
        const std::vector<std::string> cells = table_cells(line);
        if (cells.size() <= *column)
            fail("expected {} cells or more between commas, found {}", *column + 1, cells.size());
        return countdown_line(cells[*column], form.target.value_or(24));
    }

    ProblemLine read_line(std::string_view line, int64_t number) {
        ProblemLine read{std::string(line), "", ""};
        try {
            read.problem = world.read(problem_text(line, number));
        } catch (const Error& error) {
            fail("{}: {}", where(number), error.what());
        }
        return read;
    }

    ProblemLine read_json(std::string_view text, int64_t number) {
        const JsonLine line{parse_json(text, path, number), where(number)};
        if (!line.value.is_object())
            fail("{}: expected a JSON object, found {}", line.where,
                 line.value.is_array() ? "an array" : "another value");
        ProblemLine read{"", "", ""};
        const bool numbers = is_countdown(world) && is_countdown_json(line.value);
        if (numbers) {
            read.input = countdown_line(line, form.target);
        } else if (line.value.contains("problem")) {
            read.input = string_field(line, "problem");
        } else if (line.value.contains("question")) {
            read.input = string_field(line, "question");
            if (has_field(line, "answer")) read.answer = final_answer(string_field(line, "answer"));
        } else {
            fail("{}: expected a field \"problem\" or \"question\", found neither", line.where);
        }
        try {
            const std::string asked = numbers ? read.input : problem_text(read.input, number);
            read.problem =
                read.answer.empty() ? world.read(asked) : world.read_answered(asked, read.answer);
        } catch (const Error& error) {
            fail("{}: {}", line.where, error.what());
        }
        // Worlds that know the answer have rules of their own.
        if (!read.answer.empty() && world.check_answer(read.problem, read.answer))
            read.answer.clear();
        return read;
    }
};

// Are these the lines of a file of pairs? Then every second one is a problem, too: "-5".
void refuse_pairs(const World& world, const std::vector<ProblemLine>& problems,
                  const std::string& path) {
    if (problems.size() % 2 == 1) return;
    for (size_t i = 0; i < problems.size(); i += 2)
        if (!world.check_answer(problems[i].problem, problems[i + 1].input)) return;
    fail("{}: expected a problem a line, found questions and answers in turn: say --format pairs",
         path);
}

} // namespace

std::vector<ProblemLine> read_problems(const World& world, const std::string& path,
                                       const ProblemForm& form) {
    const std::string& format = form.format;
    if (format != "lines" && format != "jsonl" && format != "pairs")
        fail("unknown format \"{}\": expected one of lines, jsonl, pairs", format);
    check_target(world, form.target);
    const std::string text = read_text_file(path), name = input_name(path);
    const std::vector<TextLine> lines = text_lines(text);
    ProblemReader reader{world, name, form};
    std::vector<ProblemLine> problems;
    BadLines bad(form.skip_bad);
    bool first = true;
    for (size_t i = 0; i < lines.size(); ++i) {
        const auto& line = lines[i].text;
        const auto number = lines[i].number;
        if (format == "pairs") {
            const TextLine* answer = i + 1 < lines.size() ? &lines[++i] : nullptr;
            bad.read([&] {
                ProblemLine read = reader.read_line(line, number); // its error first
                if (answer == nullptr)
                    fail("{}: expected an answer after this question", reader.where(number));
                try {
                    world.read_answered(read.problem, answer->text);
                } catch (const Error& error) {
                    fail("{}: {}", reader.where(answer->number), error.what());
                }
                problems.push_back(std::move(read));
            });
            continue;
        }
        if (is_blank(line)) continue;
        if (std::exchange(first, false) && format == "lines" && is_countdown(world)) {
            reader.column = puzzles_column(line);
            if (reader.column) continue;
        }
        const bool json = format == "jsonl" || line[line.find_first_not_of(" \t")] == '{';
        bad.read([&] {
            problems.push_back(json ? reader.read_json(line, number)
                                    : reader.read_line(line, number));
        });
    }
    reader.countdown.check(name);
    bad.settle(name);
    if (bad.count() > 0) fmt::print(stderr, "{}\n", bad.left_out(name));
    if (problems.empty()) fail("{}: expected at least one problem, found none", name);
    if (format == "lines") refuse_pairs(world, problems, name);
    return problems;
}

ProblemLine read_problem(const World& world, const std::string& text,
                         std::optional<int64_t> target) {
    check_target(world, target);
    if (!is_countdown(world)) return {text, world.read(text), ""};
    if (trimmed(text).starts_with('{')) {
        const JsonLine line{parse_json(text, "the problem"), "the problem"};
        if (is_countdown_json(line.value))
            return {text, world.read(countdown_line(line, target)), ""};
    }
    return {text, world.read(countdown_line(text, target)), ""};
}

} // namespace qstar::search
