#pragma once
// The experiments of the ten lessons: typed functions of a run.
//
// What a student does by hand before it (labels, ranks, which path to open) comes as `given`, the
// replies so far, and nothing else is remembered: question and values are pure functions of the
// run, its seed and these replies. So a lesson can be left and taken up, in another window too.

#include "eval/lessons/experiments/lesson_run.h"
#include "eval/lessons/experiments/values.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::eval::lessons {

using Given = std::vector<std::string>; // keys, in order

// What is asked by hand: what is to be said to the reply before, then the question, all in plain
// text.
struct Turn {
    std::vector<std::string> said = {};
    std::optional<Grid> said_grid = {};
    std::vector<std::string> lines;
    std::optional<Grid> grid = {};
    struct Choice {
        std::string key, label;
    };
    std::vector<Choice> choices;
    std::string usual; // the key that is taken for who does not want to: `auto`
};

struct Experiment {
    std::string_view name;
    std::span<const std::string_view> needs; // stages that are made live where the run lacks them
    // The next question by hand, nothing when all are answered; null if there is nothing by hand.
    std::optional<Turn> (*next)(LessonRun& run, const Given& given);
    Values (*examine)(LessonRun& run, const Given& given);
};

extern const Experiment predicting, wrong_context, ranking, leaving_the_reference, outcomes,
    your_labels, choosing, astar_by_hand, q_values, calculator_and_claims;
const Experiment& experiment_named(std::string_view name); // Error with the list of names

} // namespace qstar::eval::lessons
