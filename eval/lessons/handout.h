#pragma once
// All ten lessons as a page to be printed, with the run's own figures: one with the questions
// alone, and one with their answers for who teaches.

#include <cstdint>
#include <string>
#include <utility>

namespace qstar::eval::lessons {

struct HandoutOptions {
    std::string run;
    std::string out; // empty: RUN/lessons/handout.html
    uint64_t seed = 1;
    bool small = false, quiet = false;
};

// Writes HANDOUT.html and HANDOUT-answers.html, and gives their paths. A lesson whose stage the run
// lacks stands there with the command that makes it, and is told on standard error. What is done by
// hand is what the program would do.
std::pair<std::string, std::string> handout(const HandoutOptions& options);

} // namespace qstar::eval::lessons
