#pragma once
// `qstar lesson`: the course. Without a number the ten lessons and how far one is; with one, that
// lesson at the terminal.

#include "engine/run/command_line.h"
#include "engine/run/flags.h"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace qstar::eval::lessons {

struct LessonOptions {
    std::string number; // a lesson; empty: all are listed; "handout"
    std::string run = "runs/demo";
    std::string answers; // a file of replies, a line each, instead of the terminal
    std::string out;     // of the handout
    uint64_t seed = 1;
    bool again = false; // forget what was said before
};
void describe(Flags& f, LessonOptions& o);

// Goes on until the lesson is done, `quit` is typed or the input ends.
void take_lesson(const LessonOptions& options, std::istream& in, std::ostream& out);
void take_lesson(const LessonOptions& options); // at the terminal

Command lesson_command();

} // namespace qstar::eval::lessons
