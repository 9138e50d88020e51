#pragma once
// The search space of a puzzle: states by its rules, rated by a heuristic or a Q-function, each
// kept once.
//
// The goal test is the puzzle's own; of everything else a search knows only what the heuristic
// says. No search keeps more states or rates more of them than its budgets say: in the round in
// which one ends, a state more is not made, or not rated. Of seconds the round under way ends. A
// search whose budget ends says so and gives the best it has: the shortest solution that it came
// across, else the way to the state of the smallest h.
//
// Where it differs from the space of reasoning steps (step_space.h): all successors of a state are
// listed; a state's h does not depend on the way to it, so of two ways the shorter one counts; of
// several solutions the shortest one counts; and a budget counts states.

#include "engine/base/random.h"
#include "search/algorithms/search_space.h"
#include "search/spaces/node_table.h"
#include "search/spaces/puzzle_account.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qstar::search {

// An entry of the open list of A* (a state) and Q* (an action of a state): the smallest f first,
// then the largest g (the deeper one), then the older state, then the smaller action.
struct OpenEntry {
    float f;
    uint32_t node;
    uint16_t g; // the node's when it was opened: another one now, and the entry is void
    uint16_t action;
    bool operator<(const OpenEntry& other) const { // for std::priority_queue: the worse one
        if (f != other.f) return f > other.f;
        if (g != other.g) return g < other.g;
        if (node != other.node) return node > other.node;
        return action > other.action;
    }
};

class PuzzleSpace : public PuzzleAccount {
  public:
    using Node = uint32_t;
    static constexpr bool kListed = true, kAnyGoal = false;

    // One of heuristic and q may be null: Q* asks q, the others the heuristic.
    PuzzleSpace(const Space& puzzle, Heuristic* heuristic, QFunction* q, const State& start,
                const PuzzleOptions& options);

    Node root() const { return 0; }
    // Heuristic values into the nodes, as far as the budget goes, then infinity; 0 at the goal.
    void evaluate(const std::vector<Node>& nodes);
    bool solved() const { return goal_ != kNone; }
    // True if a budget is spent (the result then says which).
    bool spent() { return PuzzleAccount::spent(static_cast<int64_t>(table_.size())); }
    std::string name(Node node) const { return puzzle_.text(table_.state(node)); }
    size_t size() const { return table_.size(); }
    bool is_goal(Node node) const { return node == goal_; }

    // A*, Q*.
    using Entry = OpenEntry;
    struct Action {
        Node node;
        uint16_t action, g; // the node's
        double cost, value; // 1, and Q - 1
    };
    double g(const Action& action) const { return action.g; }
    double g(Node node) { return table_[node].g; }
    double h(Node node) { return static_cast<double>(table_[node].h); }
    bool closed(Node node) { return table_[node].closed; }
    // Its g is the state's still, and a way through it can beat the best solution (anytime).
    bool current(const Entry& entry) {
        return table_[entry.node].g == entry.g && !hopeless(entry.node);
    }
    // A worse way is no successor.
    Opening opened(Node, double) const { return Opening::first; }
    Opening opened(const Action&, double) const { return Opening::first; }
    Entry entry(Node node, double f) { return {static_cast<float>(f), node, table_[node].g, 0}; }
    Entry entry(const Action& action, double f) {
        return {static_cast<float>(f), action.node, action.g, action.action};
    }
    Entry goal_entry(Node node) { return entry(node, table_[node].g); }
    bool expand(const std::vector<Node>& nodes, std::vector<Node>& successors);
    std::optional<Node> child(const Entry& pair);
    template <class Use>
    bool rate_actions(const std::vector<Node>& nodes, const Use& use);
    std::string name(const Action& action) const;
    std::string name(const Entry& pair) const;
    bool goal_selected(Node node);
    std::span<const Entry> still_open() const { return {}; }
    bool exhausted() const { return true; }
    template <class Open>
    void open_list_left(const Open&, size_t most) {
        memory(most * sizeof(Entry));
    }

    // Beam.
    bool settled(const std::vector<Node>& kept) const { return kept.empty(); }
    void layer(const std::vector<Node>& kept, std::vector<Node>& next);
    bool better(Node a, Node b) {
        const float ha = table_[a].h, hb = table_[b].h;
        return ha != hb ? ha < hb : a < b;
    }
    void chosen(const std::vector<Node>&) const {}

    // MCTS.
    using Prior = float;
    struct Growth {
        std::vector<std::pair<Node, Prior>> successors;
        double value = 0; // of a solution this way: its estimated length
        bool ended = false;
    };
    bool anytime() const { return options_.anytime; }
    bool dead(Node) const { return false; } // edges are: a way may lead on from elsewhere
    Growth grow(Node node, size_t depth);
    double goal_value(size_t depth) const { return static_cast<double>(depth); }
    template <class Edges>
    double priors(const Edges&) const {
        return 1; // they are shares already
    }
    template <class Edge>
    double value(const Edge& edge) const {
        const double span = longest_ - shortest_;
        const double mean = edge.visits > 0 ? edge.total / edge.visits : longest_;
        return span > 0 ? (longest_ - mean) / span : 0;
    }
    void backed_up(double length);
    void begin_tree() const {}
    void end_tree(size_t bytes) { memory(bytes); }

    // Best of N: a random walk from the start. The next state is drawn with a probability in
    // proportion to e^-h among the successors that the walk has not visited; it ends at the goal,
    // in a dead end, or when it is as long as the best solution so far. A state's h is asked for
    // once.
    using Solution = Node; // where the walk ended
    int64_t draw(int64_t most, std::vector<Solution>& walks);
    void all_drawn() const {}

    PuzzleResult finish(); // to the goal, if it was made, else to the best state

  private:
    static constexpr uint32_t kNone = UINT32_MAX;

    // The state after `action` from node `from`. What `reached` says: it is new,
    // it was known with a longer way (which this one replaces), or it is not
    // worth another look. A new one that there is no budget for is not made; then
    // `from` stands in its place, as known.
    enum class Reached { fresh, cheaper, known };
    std::pair<Node, Reached> reach(Node from, int action);
    // All states one action after `from`: use(child, reached).
    template <class Use>
    void each_child(Node from, const Use& use) {
        expanding(from);
        for (int action = 0; action < puzzle_.actions(); ++action) {
            if (!puzzle_.legal(table_.state(from), action)) continue;
            const auto [child, reached] = reach(from, action);
            use(child, reached);
        }
    }
    void memory(size_t more);       // bytes beside the table's
    void rated(Node node, float h); // sets h, remembers the best
    void expanding(Node node);      // counts, records
    void note_solution();           // the goal's g, if it is shorter than the last one's
    const float* q_values(std::span<const Node> nodes);
    bool hopeless(Node node) {
        return !result_.solutions.empty() &&
               table_[node].g + puzzle_.lower_bound(table_.state(node)) >=
                   result_.solutions.back().second;
    }
    std::string record(Node end);

    NodeTable table_;
    Node goal_ = kNone; // the goal's node, once it was made
    Node best_ = 0;
    State child_;
    std::vector<uint8_t> states_;
    std::vector<float> values_;
    std::vector<Node> fresh_, cheaper_;
    double shortest_, longest_; // MCTS: lengths met so far
    int64_t walk_ = 0;          // best of N: walks drawn
    struct Edge {
        Node from, to;
        int action;
    };
    std::vector<Edge> edges_; // if they are recorded
    std::vector<Node> order_;
};

// Q of all actions of these states, in one call, as far as the budget goes.
template <class Use>
bool PuzzleSpace::rate_actions(const std::vector<Node>& nodes, const Use& use) {
    const auto rates = std::span(nodes).first(paid(nodes.size()));
    if (rates.empty()) return true;
    const float* row = q_values(rates);
    for (const Node node : rates) {
        float best = INFINITY;
        expanding(node);
        const uint16_t g = table_[node].g;
        for (int action = 0; action < puzzle_.actions(); ++action) {
            if (!puzzle_.legal(table_.state(node), action)) continue;
            best = std::min(best, row[action]);
            use({node, static_cast<uint16_t>(action), g, 1, static_cast<double>(row[action] - 1)});
        }
        rated(node, best);
        row += puzzle_.actions();
    }
    return true;
}

} // namespace qstar::search
