#pragma once
// What every search of a puzzle is asked for and what it has spent, whichever space it goes
// through: all states that were made (puzzle_space.h) or one beam's (layer_space.h).

#include "search/models/heuristic.h"
#include "search/problem/search_options.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace qstar::search {

struct PuzzleOptions {
    SearchOptions shared{.width = 100};
    int64_t nodes = 0;        // states kept; 0: node_budget() says how many
    int64_t evaluations = 0;  // states that the heuristic rates; 0: no bound
    uint64_t seed = 1;        // best of N: of the draws
    bool anytime = false;     // after a solution, look for shorter ones until the budget ends
    bool hashed = false;      // beam: in a LayerSpace (spaces/layer_space.h), with no record
    int views = 1;            // solve so many views of the start (views.h), keep the shortest way
    int64_t shorter_than = 0; // hashed beam: end where no shorter way can come; 0: go on
    bool record = false;      // fill PuzzleResult.record
};

// A million; of a hashed beam, which forgets all but the last two, 200 beams: farther than from one
// end of these puzzles to the other.
int64_t node_budget(const PuzzleOptions& options);

// `ended`: solved, exhausted, or the budget: nodes, evaluations, seconds.
struct PuzzleResult : SearchResult {
    bool solved = false;
    std::vector<int> actions; // to the goal; unsolved: to the best state
    int64_t reopened = 0;     // closed states to which a shorter way turned up
    int64_t evaluations = 0;  // states that the heuristic rated
    int64_t nodes = 0;        // different states kept
    int64_t bytes = 0;        // of memory for nodes and the open list, at most
    std::vector<std::pair<int64_t, int64_t>> solutions; // (expanded until then, length), each
                                                        // shorter than the one before
    // JSON: {"nodes": [{"id", "state", "g", "h", "parent", "action"}], "edges": [[from,
    // action, to]],
    //  "expanded": [ids in order], "path": [ids]}
    std::string record;
};

// The budgets and what comes after a solution: what puzzles alone have.
void describe_puzzle_budgets(Flags& f, PuzzleOptions& o);
// Error for numbers out of their ranges (search_options.h).
void check(const PuzzleOptions& options);

// What a space has of it.
class PuzzleAccount {
  public:
    bool telling() const { return options_.shared.trace; }
    void say(std::string sentence) { result_.trace.push_back(std::move(sentence)); }

  protected:
    // Error for options out of their ranges.
    PuzzleAccount(const Space& puzzle, Heuristic* heuristic, QFunction* q,
                  const PuzzleOptions& options);

    // True if a budget is spent (the result then says which), with so many nodes.
    bool spent(int64_t nodes);
    size_t paid(size_t rates) const; // how many of these evaluations the budget pays for
    PuzzleResult close(bool solved); // the result, with its end and its seconds

    const Space& puzzle_;
    Heuristic* heuristic_;
    QFunction* q_;
    PuzzleOptions options_;
    PuzzleResult result_;

  private:
    double seconds() const; // since it was opened

    std::chrono::steady_clock::time_point begin_;
};

} // namespace qstar::search
