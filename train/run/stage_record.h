#pragma once
// What is on record of a stage: the flags that it was begun with, in its folder's flags.json while
// it is at work and in done.json, beside its result, when it is finished.

#include "engine/text/json.h"

#include <string>

namespace qstar::train {

std::string record_path(const std::string& folder); // flags.json
std::string done_path(const std::string& folder);   // done.json

// The flags that the folder's stage has begun or ended with, by their names of now
// (old_record.h); null if none has.
Json record_in(const std::string& folder);
// The same of the run's stage `name`, whose folder this is; also of runs whose begun stages stand
// in config.json.
Json record_of_stage(const std::string& run, const std::string& name, const std::string& folder);

// The first flag in which two records differ, "steps was 3, now 4"; empty if they are equal. Names
// of files whose content is on record may differ (engine/run/flags.h).
std::string first_difference(const Json& before, const Json& now, const std::string& prefix = "");

} // namespace qstar::train
