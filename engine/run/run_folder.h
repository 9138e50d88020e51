#pragma once
// What every floor asks of a run's folder (train/run/run.h says what lies in one).

#include "engine/text/json.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace qstar {

// "runs/x: there is no such run: make one with ..." if the folder holds neither a run's
// config.json nor a tokenizer.
void require_run(const std::string& folder);

// The seed in the run's config.json; 1 if there is none yet. Error if it is no seed.
uint64_t run_seed(const std::string& folder);

std::string config_path(const std::string& run);
// {"seed", "stages": {NAME: flags}}, of a run that has none yet with the seed 1 and no stages.
Json read_config(const std::string& run);
// Into config.json, while nobody else writes there: two stages may end at once.
void put_on_record(const std::string& run, const std::string& stage, const Json& flags);

// Whether a folder of the run may have this name: of letters, digits, '-', '_' and '.', neither
// hidden, nor a way out of the run, nor one of those that stand beside a stage's own.
bool is_folder_name(std::string_view name);

// `made` in the place of a folder that may be there. That is moved to `old` first and removed at
// the end, so that a program killed at any moment leaves the one or the other, and what is left
// over is known by its name. What `old` was before is removed.
void replace_folder(const std::string& place, const std::string& made, const std::string& old);

} // namespace qstar
