#pragma once
// The options of stages in a test.

#include <string>

// A stage's options for a run in a test: its defaults, and no progress.
template <class Options>
Options quiet(const std::string& run) {
    Options options;
    options.run = run;
    options.quiet = true;
    return options;
}

// The options of a stage at which the person at the terminal judges.
template <class Options>
Options judged_by_me(const std::string& run) {
    Options options;
    options.run = run;
    options.judge = "me";
    return options;
}
