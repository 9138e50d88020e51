#pragma once
// A run of seconds that goes through every stage that makes a model: what an auditor computes
// first on a machine.

#include <string>
#include <vector>

namespace qstar::eval {

// Its stages, each a command without "qstar"; "@/" is the folder: "train corpus --run @/run ...".
std::vector<std::string> small_run_lines();

// It is made of three runs, none of which needs the others: "run", "qwen3" and "puzzle". The one
// that a line, or a file below the folder, belongs to.
std::string small_run_of_line(const std::string& line);
std::string small_run_of_file(const std::string& file);

// Makes it in `folder`, which must be there, or only that of its runs; `say` hears of each stage.
// Error as the stages' own.
void make_small_run(const std::string& folder, const std::string& only,
                    void (*say)(const std::string& line));

} // namespace qstar::eval
