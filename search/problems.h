#pragma once
// Files of problems.
//
//   lines  one problem a line; a line that begins with '{' is a JSON object whose field
//          "problem" or "question" is the problem; with a "question" there may be an
//          "answer", of which what stands behind "####" is the answer (GSM8K's form)
//   jsonl  every line such an object
//   pairs  DeepMind Mathematics' form: lines of a question and of its answer in turn
//
// Blank lines are skipped (not in pairs, where one is an Error).

#include "search/world.h"

#include <string>
#include <vector>

namespace qstar::search {

struct ProblemLine {
    std::string input;       // as it stands in the file
    std::string problem;     // in the world's canonical form
    std::string answer = {}; // that the file gave with a question; empty: ask the world
};

// Every line is read by the world. In pairs the given answer must be the problem's by
// the world's verifier. Error: one sentence that begins with FILE:LINE.
std::vector<ProblemLine> read_problems(const World& world, const std::string& path,
                                       std::string_view format = "lines");

} // namespace qstar::search
