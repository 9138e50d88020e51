#pragma once
// Whether a held-out problem stands in a training text of the run: looked up in the files that the
// stages wrote, line by line.

#include <cstdint>
#include <span>
#include <string>

namespace qstar::eval {

// Reads every worksheets.jsonl, curated.jsonl, outcomes.jsonl, steps.jsonl, rollouts.jsonl,
// confirmed.jsonl and learned.jsonl below the folder. Error naming the file, its line and
// the problem if one of `problems` stands there as a problem or as a line of a solution.
// Returns the number of lines compared.
int64_t check_overlap(const std::string& run, std::span<const std::string> problems);

} // namespace qstar::eval
