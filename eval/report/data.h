#pragma once
// What a run has to show, as one JSON value: the page carries it, and every number on the
// page stands in it.
//
//   {"run", "world", "seed",
//    "ladder", "best_of_n", "preference_win_rate", "policies", "early_stop", "first_error",
//    "label_sources",
//    "claims", "times":  the files of the same names in the run's folder, as they are, if there
//    "stages": [{"stage", "done", "flags", "result"}],    of the pipeline, in its order
//    "curves": {STAGE: {"steps", "columns": {NAME: {"x": [...], "y": [...]}}}},
//    "measured": calibration, solutions and search trees (measure.h)}

#include "engine/text/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::eval {

// Where a part of the data comes from, and how to make it.
struct Source {
    std::string_view name;    // "best_of_n"
    std::string_view study;   // "best-of-n", whose file is best-of-n.json
    std::string_view command; // "eval best-of-n"
    // Fields without which a row is none; empty: it has no rows.
    std::vector<std::string_view> fields;
    // That command with the options on record (measure/printed_command.h).
    std::string (*printed)(const std::string& command, const std::string& run, uint64_t run_seed,
                           const Json& record);
};
const std::vector<Source>& sources();

// The command that makes a part of the data again, with its options if the data have it; empty
// if no one command does (claims of several sizes). "report" is what the page measured itself.
std::string command_of(std::string_view name, const Json& data);
// "qstar train sft --run DIR" for a stage that is not there yet.
std::string command_to_train(std::string_view stage, const Json& data);
// Of number `i` of the data's stages; empty if its inputs came from elsewhere.
std::string stage_command(const Json& data, size_t i);

// All but "measured". Error if the folder holds no run, or a file that is not what it
// should be.
Json read_run(const std::string& run);

// The value as it is when it has been written and read again: a model may have sampled bytes
// that are not UTF-8, and in JSON U+FFFD stands in the place of each.
Json written_and_read(const Json& value);

// A curve of at most `count` points, each the mean of so many neighbours.
Json thinned(const std::vector<double>& x, const std::vector<double>& y, size_t count);

} // namespace qstar::eval
