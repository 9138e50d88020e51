#pragma once
// What every search over a space takes and gives back, and the frame that they
// share.
//
// A search is a plain function
//     GraphResult search(const Space&, Heuristic& or QFunction&, const State&,
//     const GraphOptions&)
// The goal test is the space's own; of everything else it knows only what the
// heuristic says. No search keeps more states or rates more of them than its
// budgets say: in the round in which one ends, a state more is not made, or not
// rated. Of seconds the round under way ends. A search whose budget ends says so
// and gives the best it has: the shortest solution that it came across, else the
// way to the state of the smallest h.

#include "search/graph/node_table.h"
#include "search/models/heuristic.h"

#include <chrono>

namespace qstar::search {

struct GraphOptions {
    int64_t nodes = 1'000'000; // states kept
    int64_t evaluations = 0;   // states that the heuristic rates; 0: no bound
    double seconds = 0;        // 0: no bound; the only budget by which a result can vary
    double weight = 1;         // A*, Q*: f = g + weight * h
    int batch = 1;             // A*, Q*: nodes expanded together
    int width = 100;           // beam: states kept
    double explore = 1;        // MCTS: weight of the unvisited
    int64_t samples = 64;      // best of N: walks
    uint64_t seed = 1;         // best of N: of the draws
    bool anytime = false;      // after a solution, look for shorter ones until the budget ends
    bool trace = false;        // tell every step in a sentence
    bool record = false;       // fill GraphResult.record
};

struct GraphResult {
    bool solved = false;
    std::vector<int> actions; // to the goal; unsolved: to the best state
    std::string ended;        // solved, exhausted, or the budget: nodes, evaluations, seconds
    int64_t expanded = 0;     // states whose successors (Q*: whose q-values) were asked for
    int64_t reopened = 0;     // closed states to which a shorter way turned up
    int64_t generated = 0;    // states made from others, known ones included
    int64_t evaluations = 0;  // states that the heuristic rated
    int64_t nodes = 0;        // different states kept
    int64_t bytes = 0;        // of memory for nodes and the open list, at most
    double seconds = 0;
    std::vector<std::pair<int64_t, int64_t>> solutions; // (expanded until then, length), each
                                                        // shorter than the one before
    std::vector<std::string> trace;
    // JSON: {"nodes": [{"id", "state", "g", "h", "parent", "action"}], "edges": [[from,
    // action, to]],
    //  "expanded": [ids in order], "path": [ids]}
    std::string record;
};

// Error for options that make no sense.
void check(const GraphOptions& options);

// The shared frame: the table, the counts, the budget, the best so far.
class GraphSearch {
  public:
    GraphSearch(const Space& space, const State& start, const GraphOptions& options);

    NodeTable table;
    GraphResult result;

    static constexpr uint32_t kNone = UINT32_MAX;
    uint32_t goal = kNone; // the goal's node, once it was made

    // The state after `action` from node `from`. What `reached` says: it is new,
    // it was known with a longer way (which this one replaces), or it is not
    // worth another look. A new one that there is no budget for is not made; then
    // `from` stands in its place, as known.
    enum class Reached { fresh, cheaper, known };
    std::pair<uint32_t, Reached> reach(uint32_t from, int action);
    // Heuristic values into the nodes, as far as the budget goes, then infinity; 0 at the goal.
    void evaluate(Heuristic& heuristic, const std::vector<uint32_t>& ids);
    void rated(uint32_t id, float h); // sets h, remembers the best
    void expanding(uint32_t id);      // counts, records
    void note_solution();             // the goal's g, if it is shorter than the last one's
    // True if a budget is spent (result.ended then says which).
    bool spent();
    int64_t evaluations_left() const; // of the budget
    // Can a way through this node with this g still beat the best solution
    // (anytime)?
    bool hopeless(uint32_t id);

    bool telling() const { return options_.trace; }
    void say(std::string sentence) { result.trace.push_back(std::move(sentence)); }
    std::string name(uint32_t id) const { return space_.text(table.state(id)); }
    void memory(size_t more); // bytes beside the table's

    GraphResult finish(); // to the goal, if it was made, else to the best state

  private:
    std::string record(uint32_t end);

    const Space& space_;
    GraphOptions options_;
    std::chrono::steady_clock::time_point begin_;
    uint32_t best_ = 0;
    State child_;
    std::vector<uint8_t> states_;
    std::vector<float> values_;
    struct Edge {
        uint32_t from, to;
        int action;
    };
    std::vector<Edge> edges_; // if they are recorded
    std::vector<uint32_t> order_;
};

// An entry of the open list of A* and Q*: the smallest f first, then the
// largest g (the deeper one), then the older node, then the smaller action.
struct OpenEntry {
    float f;
    uint32_t node;
    uint16_t g; // the node's when it was opened: another one now, and the entry
                // is void
    uint16_t action;
    bool operator<(const OpenEntry& other) const { // for std::priority_queue: the worse one
        if (f != other.f) return f > other.f;
        if (g != other.g) return g < other.g;
        if (node != other.node) return node > other.node;
        return action > other.action;
    }
};

} // namespace qstar::search
