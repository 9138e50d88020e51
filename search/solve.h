#pragma once
// All methods by name, over many problems of a world or over a puzzle.

#include "search/models/method.h"
#include "search/problem/world.h"
#include "search/spaces/puzzle_space.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

enum class Method { greedy, majority, best_of_n, beam, mcts, astar, qstar };

Method method_named(std::string_view name);         // Error with the list of names
Method puzzle_method_named(std::string_view name);  // those for puzzles: all but majority
std::string_view name_of(Method method);            // "best-of-n"
bool needs_scorer(Method method, bool public_goal); // qstar; best-of-n if nothing else can choose

// Error naming the list of values. "product", "minimum", "last"; "best", "weighted", "bests";
// "log-prob", "unit"; "anew", "evaluated".
Aggregate aggregate_named(std::string_view name);
Vote vote_named(std::string_view name);
StepCost step_cost_named(std::string_view name);
Cost cost_named(std::string_view name);

// Error for a number out of its range (search_options.h).
void check_options(const Options& options);

// What follows from the world, which must outlive the options, and from the scorer where nobody
// chose:
//   rules              the world's
//   n_best, partial    on where the goal is public: then it is known at once which steps are worth
//                      anything, and the likeliest that were not seen are next
//   aggregate          `asked`, else by the scorer's reading; without a scorer it means nothing
// Gives a sentence for everything that is not as it was asked for.
std::vector<std::string> set_defaults(Options& options, const World& world, Method method,
                                      const Scorer* scorer = nullptr,
                                      std::optional<Aggregate> asked = {});

// Solves each problem (in the world's canonical form) by the same method; results in
// order. Model calls are batched over `at_once` problems. A problem's random stream is
// made from options.stream and its text: its result does not depend on the others.
// While n problems run together, the clock of Result.seconds goes at 1/n of its speed.
// `scorer` may be null for methods that can do without. done(n): n problems have ended.
// ready(i, result): so has problem i, and all before it; in order, on the calling thread.
// With MPI the ranks share the problems; all get all results, the first one alone is told of them.
std::vector<Result> solve(std::span<const std::string> problems, Method method, Proposer& proposer,
                          Scorer* scorer, const Options& options,
                          const std::function<void(size_t)>& done = {}, size_t at_once = 128,
                          const std::function<void(size_t, const Result&)>& ready = {});

// Solves a puzzle from `start`. One of both may be null: Q* needs q, the others the heuristic; a
// hashed beam takes either, q if both are there.
// Error if it is missing.
PuzzleResult solve(const Space& puzzle, Method method, Heuristic* heuristic, QFunction* q,
                   const State& start, const PuzzleOptions& options);

} // namespace qstar::search
