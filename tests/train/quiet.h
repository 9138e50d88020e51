#pragma once
// The options of stages in a test.

#include "engine/run/flags.h"

#include <string>
#include <variant>

// What a flag fills. Options of stages contain these at different places.
template <class T, class Options>
T& flag_in(Options& options, const char* name) {
    qstar::Flags flags;
    describe(flags, options);
    return *std::get<T*>(flags[name].value);
}

// A stage's options for a run in a test: its defaults, and no progress.
template <class Options>
Options quiet(const std::string& run) {
    Options options;
    if constexpr (requires { options.quiet; }) {
        options.run = run;
        options.quiet = true;
    } else {
        flag_in<std::string>(options, "run") = run;
        flag_in<bool>(options, "quiet") = true;
    }
    return options;
}

// The options of a stage at which the person at the terminal answers.
template <class Options>
Options annotated_by_me(const std::string& run) {
    Options options;
    flag_in<std::string>(options, "run") = run;
    options.annotator = "me";
    return options;
}
