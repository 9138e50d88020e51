#pragma once
// A lesson: what you will see, a guess first, the experiment, one formula with its numbers, two
// questions, where to read on. Its words are a Markdown file of eval/lessons/text, built into the
// program; what happens in it is a function of experiments/.
//
//   # Scoring answers: the ORM
//   experiment: outcomes
//   minutes: 12
//   ## What you will see
//   ## A guess first
//   kind: number             number, choice or answer (of the run's world)
//   unit: %                  behind a number
//   beside: auc              the value that is set beside the guess
//   choices: it rises | it falls
//   ## By hand               only where the experiment asks something before it runs
//   ## What happened
//   ## The formula
//   ## Question              twice
//   kind: number
//   right: fooled            the value that is the right answer
//   within: 0.5              how far off a number may be; 2 %: of what is right
//   ### Why                  shown when it is answered
//   ## Read on

#include "engine/io/embedded_file.h"
#include "eval/lessons/experiments/experiment.h"
#include "eval/lessons/text.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::eval::lessons {

struct Question {
    enum class Kind { number, choice, answer };
    Kind kind = Kind::number;
    std::string unit{}, value{}; // value: what is right, or what is set beside the guess
    double within = 0;
    bool relative = false; // `within` is a share of what is right
    std::vector<std::string> choices{};
    std::vector<Block> text{}, why{};
};

struct Lesson {
    int number = 0;
    std::string title;
    int64_t minutes = 0;
    const Experiment* experiment = nullptr;
    std::vector<Block> see, by_hand, happened, formula, read_on;
    Question guess;
    std::vector<Question> questions; // two
};

// Error "NAME: ..." saying what was expected and found.
Lesson read_lesson(const std::string& name, std::string_view text, int number);

const std::vector<Lesson>& all_lessons(); // the ten, in order
const Lesson& lesson_of(int64_t number);  // Error if there is none

std::span<const EmbeddedFile> lesson_files(); // of text/, in the order of their names

// What a student typed for an answer, as it is kept: a number, the text of a choice, or the answer.
// Error in a sentence that says what was expected.
std::string read_reply(const Question& question, const std::string& typed);
// Whether a reply is right. Of a world's answers equal values are equal.
bool is_right(const Question& question, const std::string& reply, const Values& values,
              const search::World& world);
// "a number, 0.5 either way", "one of 1 to 3", "an answer as one writes it".
std::string how_to_answer(const Question& question);

} // namespace qstar::eval::lessons
