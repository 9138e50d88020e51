#pragma once
// The demos of puzzles. Each is a plan: networks that learn from scrambles of the goal, and fresh
// states that are solved with them.

#include "eval/measure/demo_options.h"
#include "eval/studies/puzzles.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/deep_q.h"
#include "train/q_learning/walk.h"

#include <string>
#include <variant>
#include <vector>

namespace qstar::eval {

// A stage with its options, which say what it is: `train davi`, `train deep-q`, `train walk`, or
// `eval puzzles`.
struct PuzzleStage {
    const char *name, *what; // said before it begins
    std::variant<train::ValueOptions, train::DeepQOptions, train::WalkOptions, PuzzleEvalOptions>
        options;
};

struct PuzzlePlan {
    std::vector<PuzzleStage> stages;
    std::string end; // said when all is done
};

// Lights Out 5x5 (quick: 3x3) with a value and a Q-network, by every search: half a minute.
PuzzlePlan lights_out_plan(const DemoOptions& options);
// The 2x2x2 with a value and a Q-network, then the 3x3x3 by random walks and a wide beam; how a
// cube of one's own is solved. Minutes.
PuzzlePlan cube_plan(const DemoOptions& options);

void puzzle_demo(const DemoOptions& options, const PuzzlePlan& plan);

} // namespace qstar::eval
