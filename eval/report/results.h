#pragma once
// eval/RESULTS.md: what runs have measured, as tables, each with the command that makes it again.
//
// Every number comes from the JSON files of the runs' own folders (data.h); beside it stand the
// number of problems, the seed, the 95 % interval and the cost in tokens and seconds.

#include "engine/run/flags.h"

#include <string>
#include <vector>

namespace qstar::eval {

// From this line on a file of results is written by hand: it is kept when the file is made anew.
inline constexpr const char* kKeptFrom = "# Longer campaigns";

struct ResultsOptions {
    std::vector<std::string> runs{"runs/demo"};
    std::string out; // a file; empty: standard output
};
void describe(Flags& f, ResultsOptions& o);

// Markdown: a chapter a run, a section for each file of measures that it has. Error if a folder
// holds no run, or a file that is not what it should be.
std::string results(const std::vector<std::string>& runs);

// Prints the results, or writes them to the file and keeps what stands there from the line
// `kept_from` on.
void write_results(const ResultsOptions& options);

} // namespace qstar::eval
