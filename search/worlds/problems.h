#pragma once
// Files of problems.
//
//   lines  one problem a line; a line that begins with '{' is a JSON object whose field
//          "problem" or "question" is the problem; with a "question" there may be an
//          "answer", of which what stands behind "####" is the answer (GSM8K's form)
//   jsonl  every line such an object
//   pairs  DeepMind Mathematics' form: lines of a question and of its answer in turn
//
// Lines end in LF, CR LF or CR; before the first there may be a byte order mark. Blank lines are
// skipped (not in pairs, where one is an Error). A world may know other forms, as countdown does
// (countdown_lines.h): they are read by its LineReader.

#include "search/problem/world.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct ProblemLine {
    std::string input;   // as it stands in the file
    std::string problem; // in the world's canonical form
    // That the file gave with a question of which the world knows no answer; else empty: ask it.
    std::string answer = {};
};

struct ProblemForm {
    std::string format = "lines";
    std::optional<int64_t> target; // of every problem, where they have one (countdown)
    bool skip_bad = false;         // leave bad lines out, and say on stderr how many
};

// Every line is read by the world. An answer that stands with a problem must be right by the
// world's verifier, where that knows. Error: the first five bad lines, each FILE:LINE and a
// sentence, and how many there are.
std::vector<ProblemLine> read_problems(const World& world, const std::string& path,
                                       const ProblemForm& form = {});

// A problem on the command line.
ProblemLine read_problem(const World& world, const std::string& text,
                         std::optional<int64_t> target = {});

} // namespace qstar::search
