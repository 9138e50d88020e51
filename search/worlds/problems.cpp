#include "search/worlds/problems.h"

#include "engine/base/error.h"
#include "engine/io/input.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"
#include "engine/text/text_lines.h"
#include "search/worlds/text/scanner.h"

#include <fmt/core.h>
#include <memory>
#include <optional>
#include <utility>

namespace qstar::search {

namespace {

// What stands behind "####".
std::string final_answer(std::string answer) {
    constexpr std::string_view kMark = "####";
    if (const size_t at = answer.rfind(kMark); at != std::string::npos)
        answer.erase(0, at + kMark.size());
    return std::string(trimmed(answer));
}

// Reads one file, line by line.
struct ProblemReader {
    const World& world;
    const std::string& path;
    LineReader& lines;

    std::string where(int64_t line) const { return fmt::format("{}:{}", path, line); }

    ProblemLine read_line(std::string_view line, int64_t number) {
        ProblemLine read{std::string(line), "", ""};
        try {
            read.problem = world.read(lines.read(line, number));
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
        const std::optional<std::string> own = lines.read_object(line);
        if (own) {
            read.input = *own;
        } else if (line.value.contains("problem")) {
            read.input = string_field(line, "problem");
        } else if (line.value.contains("question")) {
            read.input = string_field(line, "question");
            if (has_field(line, "answer")) read.answer = final_answer(string_field(line, "answer"));
        } else {
            fail("{}: expected a field \"problem\" or \"question\", found neither", line.where);
        }
        try {
            const std::string asked = own ? *own : lines.read(read.input, number);
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
    const std::unique_ptr<LineReader> line_reader = world.line_reader(form.target);
    const std::string text = read_text_file(path), name = input_name(path);
    const std::vector<TextLine> lines = text_lines(text);
    ProblemReader reader{world, name, *line_reader};
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
        if (std::exchange(first, false) && format == "lines" && line_reader->is_head(line))
            continue;
        const bool json = format == "jsonl" || line[line.find_first_not_of(" \t")] == '{';
        bad.read([&] {
            problems.push_back(json ? reader.read_json(line, number)
                                    : reader.read_line(line, number));
        });
    }
    line_reader->check(name);
    bad.settle(name);
    if (bad.count() > 0) fmt::print(stderr, "{}\n", bad.left_out(name));
    if (problems.empty()) fail("{}: expected at least one problem, found none", name);
    if (format == "lines") refuse_pairs(world, problems, name);
    return problems;
}

ProblemLine read_problem(const World& world, const std::string& text,
                         std::optional<int64_t> target) {
    return {text, world.read(world.line_reader(target)->read_alone(text)), ""};
}

} // namespace qstar::search
