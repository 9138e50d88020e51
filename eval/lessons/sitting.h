#pragma once
// A student at a lesson: what is asked next, and what has been seen. What was said is kept in notes
// (notes.h) after every reply. Who comes again finds the experiment's values computed again from
// the run, and goes on at the same place; a page goes on where the terminal has stopped, and the
// other way round.

#include "eval/lessons/lesson.h"
#include "eval/lessons/notes.h"

#include <optional>
#include <string>
#include <vector>

namespace qstar::eval::lessons {

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
    // In the phase experiment: makes what the run lacks, if that was not done yet, or else runs it.
    // Killed, it goes on when it is called again.
    void examine();
    bool makes() const; // what the run lacks comes first
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

    LessonRun& run_;
    const Lesson& lesson_;
    Notes notes_;
    bool made_ = false; // what the run lacks
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
