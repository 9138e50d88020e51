#pragma once
// What every floor asks of a run's folder (train/run/run.h says what lies in one).

#include <cstdint>
#include <string>

namespace qstar {

// "runs/x: there is no such run: make one with ..." if the folder holds neither a run's
// config.json nor a tokenizer.
void require_run(const std::string& folder);

// The seed in the run's config.json; 1 if there is none yet. Error if it is no seed.
uint64_t run_seed(const std::string& folder);

} // namespace qstar
