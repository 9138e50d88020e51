#pragma once
// `qstar search` on puzzles: a state on the command line or a file of states, a search over
// their space (spaces/puzzle_space.h), results as JSON lines.

#include "engine/run/flags.h"
#include "engine/text/jsonl.h"
#include "search/puzzles/puzzles.h"
#include "search/spaces/puzzle_space.h"

#include <memory>
#include <string>

namespace qstar::search {

struct PuzzleSearch {
    std::string state, states, out; // one state, or a file of them; empty out: to stdout
    std::string scramble;           // or the steps that lead to one from the goal
    std::string method = "astar";   // greedy, beam, mcts, astar, qstar
    std::string run = "runs/puzzle";
    PuzzleChoice puzzle;
    PuzzleOptions options;
    std::string heuristic;          // "model", or a bound's name; empty: the puzzle's best bound
    std::string model;              // a file; empty: RUN/davi, for Q* RUN/deep-q
    bool mirror = false;            // the mean of the model's h of a state and of its mirror images
    bool round = false;             // the model's h to whole numbers of the right parity
    double bias = 0;                // taken from the model's h before
    std::string precision = "fp32"; // of the model's products; bf16: operands rounded
    std::string trace_file;         // the trace as JSON, of one state
    bool skip_bad = false;          // leave bad lines of the file out
};

inline constexpr const char* kPuzzleNote =
    "Puzzles: --world sliding, lights-out, cube2 or cube3, with --method greedy, best-of-n, beam, "
    "mcts, astar or qstar.";

// The flags that only puzzles have; those of SearchOptions are the text worlds', too.
void describe_puzzle(Flags& f, PuzzleSearch& o);

void search_puzzles(PuzzleSearch flags);

// The heuristic and the Q-function that the flags name, with what they refer to.
struct PuzzleModels {
    std::unique_ptr<Heuristic> bound, model, mirrored, rounded;
    std::unique_ptr<QFunction> q_model, q;
    Heuristic* heuristic = nullptr;
};
PuzzleModels load_puzzle_models(const Space& space, const PuzzleSearch& flags);

// {"problem", "input" (if it differs), "answer", "correct", "steps", "expanded",
// "generated", "tokens", "evaluations", "nodes", "bytes", "seconds", "finished", "ended",
// "length"}; tokens are the states evaluated. "correct": the steps were replayed from the
// start and end in the goal.
Json puzzle_json(const Space& space, const StateLine& line, const PuzzleResult& result);

} // namespace qstar::search
