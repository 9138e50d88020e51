#pragma once
// The command that makes a figure again, from the options in its JSON: what a report prints
// under a table is what a person can type. Names and defaults are those of the program's own
// flags; a flag stands there if it differs from its default.

#include "engine/run/common.h"
#include "engine/text/json.h"

#include <string>

namespace CLI {
class App;
}

namespace qstar::eval {

// The commands of this floor stand above this file; they make themselves known to it when they
// are added to the program.
void know_commands(void (*add)(CLI::App&, const Common&));

// "qstar eval ladder --run runs/demo --problems 500 --budgets 300,600". `options` has the flags
// by name, - or _ between words; what is no flag of the command is left out. The seed stands there
// if it is not the run's own. `argument` is the command's text, if it has one.
std::string printed_command(const std::string& command, const std::string& run, uint64_t run_seed,
                            const Json& options, const std::string& argument = "");

// The command of a training stage from the flags on record (done.json); empty if its folder is no
// stage of `qstar train`, or a person judged.
std::string printed_stage(const std::string& folder, const std::string& run, uint64_t run_seed,
                          const Json& flags);

} // namespace qstar::eval
