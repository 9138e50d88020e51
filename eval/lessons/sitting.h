#pragma once
// A student at a lesson: what is asked next, what has been seen, and the file that remembers it.
//
// RUN/lessons/N.json holds what the student said, and nothing that was computed:
//   {"guess": "40", "by_hand": ["g", "b"], "questions": [{"tries": ["3"], "state": "open"}, ...]}
// It is written after every reply, aside and renamed. Who comes again finds the experiment's values
// computed again from the run, and goes on at the same place; a page goes on where the terminal has
// stopped, and the other way round.

#include "engine/text/json.h"
#include "eval/lessons/lesson.h"

#include <optional>
#include <string>
#include <vector>

namespace qstar::eval::lessons {

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
// "not begun", "begun", "done, 2 of 2 right"
std::string progress_of(const std::string& run, int number);

// A part of the lesson that may be seen by now.
struct Section {
    std::string title;
    std::vector<Shown> shown;
};

class Sitting {
  public:
    enum class Phase { guess, by_hand, experiment, question, done };

    // Takes up what was begun.
    Sitting(LessonRun& run, const Lesson& lesson);

    Phase phase();
    std::vector<Section> sections(); // all, up to what is asked now

    // What is asked now, in the phases guess, by_hand and question.
    struct Asked {
        std::vector<Shown> shown;
        std::vector<Turn::Choice> choices; // empty: something is to be typed
        std::string how;                   // "a number (%), up to 0.5 off"
        std::string words;                 // others that are understood: "pass", "auto"
    };
    Asked asked();
    // Takes a reply and says what is to be said to it. `pass` to a question shows its answer,
    // `auto` by hand leaves the rest to the program. Error, with nothing changed, for what cannot
    // be read.
    std::string reply(const std::string& typed);
    // In the phase experiment: runs it. Killed, it goes on when it is called again.
    void examine();
    void begin_again(); // forgets all replies
    // Reads the notes again: another window, or the terminal, may have gone on.
    void take_up();
    size_t replies() const; // so many were taken by now

    const Lesson& lesson() const { return lesson_; }
    const Values* values() const { return values_ ? &*values_ : nullptr; }
    const Notes& notes() const { return notes_; }

  private:
    size_t open_question() const; // 2: none
    const std::optional<Turn>& turn();
    void save() const;

    LessonRun& run_;
    const Lesson& lesson_;
    Notes notes_;
    std::optional<Values> values_;
    std::optional<std::optional<Turn>> turn_; // asked by hand, once it was looked for
};

// The whole lesson as if somebody had left all of it to the program: for the handout.
struct Told {
    std::vector<Section> sections; // without guess, questions and reading
    Values values;
};
Told tell_all(LessonRun& run, const Lesson& lesson);

} // namespace qstar::eval::lessons
