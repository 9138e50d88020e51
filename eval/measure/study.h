#pragma once
// The files of a study: its options by their flags' names, so that its command can be printed from
// them (printed_command.h), what it found beside them, and its rows.

#include "engine/run/record.h"
#include "engine/text/json.h"

#include <string>
#include <string_view>

namespace qstar::eval {

// Writes FILE.json, the options and then what was found, whose fields stand for options of the same
// names, and FILE.md; prints the text unless it is to be quiet.
void write_study(const std::string& file, const Json& options, const Json& found,
                 const std::string& text, bool quiet);

template <class Options>
void write_study(const std::string& file, const Options& options, const Json& found,
                 const std::string& text) {
    if constexpr (requires { options.pool; })
        write_study(file, record(flags_of(options)), found, text, options.pool.quiet);
    else
        write_study(file, record(flags_of(options)), found, text, options.quiet);
}

// What a study has left in the run's folder as NAME.json; null if it is not there. A file of an
// older version, under its older name or with its older fields, comes back with today's.
Json read_study(const std::string& run, std::string_view name);

} // namespace qstar::eval
