#pragma once
// The file that remembers a student.
//
// RUN/lessons/N.json holds what the student said, and nothing that was computed:
//   {"guess": "40", "by_hand": ["g", "b"], "questions": [{"tries": ["3"], "state": "open"}, ...]}
// It is written aside and renamed.

#include "eval/lessons/experiments/experiment.h"

#include <string>
#include <vector>

namespace qstar::eval::lessons {

inline constexpr size_t kMostTurns = 200; // by hand

struct Replied { // to one question
    std::vector<std::string> tries;
    std::string state = "open"; // "right" or "passed"
};
struct Notes { // what the file holds
    std::string guess;
    Given by_hand;
    std::vector<Replied> questions = std::vector<Replied>(2);
};
std::string notes_file(const std::string& run, int number);
// None of a lesson that nobody has begun. Error FILE: ... where the file holds something else.
Notes read_notes(const std::string& run, int number);
void write_notes(const std::string& run, int number, const Notes& notes);
// "not begun", "begun", "done, 2 of 2 right"
std::string progress_of(const std::string& run, int number);

} // namespace qstar::eval::lessons
