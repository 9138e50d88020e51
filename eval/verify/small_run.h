#pragma once
// A run of seconds that goes through every stage that makes a model: what an auditor computes
// first on a machine.

#include <string>
#include <vector>

namespace qstar::eval {

// Its stages, each a command without "qstar"; "@/" is the folder: "train corpus --run @/run ...".
std::vector<std::string> small_run_lines();

// Makes it in `folder`, which must be there; `say` hears of each stage. Error as the stages' own.
void make_small_run(const std::string& folder, void (*say)(const std::string& line));

} // namespace qstar::eval
