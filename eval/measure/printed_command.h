#pragma once
// The command that makes a figure again, from the options in its JSON: what a report prints
// under a table is what a person can type. A flag stands there if it differs from its default.

#include "engine/run/flags.h"
#include "engine/text/json.h"

#include <string>

namespace qstar::eval {

// "qstar eval ladder --run runs/demo --problems 500 --budgets 300,600". `record` has the flags by
// name, - or _ between words; what is no flag is left out, and what it lacks is as it is by
// default, the seed that of the run. `flags` are of options that nobody touched, and are filled;
// `standard` the same of others.
std::string printed_command(const std::string& words, const std::string& run, uint64_t run_seed,
                            const Json& record, const Flags& flags, const Flags& standard);

template <class Options>
std::string printed_command(const std::string& words, const std::string& run, uint64_t run_seed,
                            const Json& record) {
    Options options;
    return printed_command(words, run, run_seed, record, flags_of(options), flags_of(Options()));
}

std::string printed_search(const std::string& run, uint64_t run_seed, const Json& record);

// The command of a training stage from the flags on record (done.json); empty if its folder is no
// stage of `qstar train`, or a person answered.
std::string printed_stage(const std::string& folder, const std::string& run, uint64_t run_seed,
                          const Json& record);

} // namespace qstar::eval
