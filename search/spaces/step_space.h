#pragma once
// The search space of reasoning steps: a node is a path of them, drawn by a language model
// (Proposer) and rated by a reward model (Scorer, or none). No verifier is asked.
//
// Where it differs from the space of a puzzle (puzzle_space.h):
//
//   drawn    Successors are drawn, not listed (step_expander.h), so a good step can be missed, and
//            a path may be drawn from again. With Options::partial an expanded path stays open for
//            the steps that were not seen yet, with g - log(what is left of the probability) and
//            the h of its best step so far (partial expansion: Yoshizumi, Miura and Ishida, "A*
//            with Partial Expansion for Large Branching Factor Problems", 2000); so a few steps an
//            expansion are enough. Where the goal is public, the closed paths are opened again when
//            nothing else is open.
//   rated    h rates the path so far. So of two paths in one state, by default at the same last
//            line, the one with the smaller f counts (A*, Q*), or the better score (MCTS), and a
//            state that was closed is opened again for it.
//   any      The first finished path that is selected is the result; with a public goal the first
//            that reaches it, as soon as it is made.
//   tokens   A budget counts model tokens, proposed and scored. If it ends before: the best
//            finished path, else the best one.
//
// Of equal f the finished path goes first, then the longer one, then the one found first.

#include "search/algorithms/search_space.h"
#include "search/spaces/step_expander.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qstar::search {

class StepSpace {
  public:
    using Node = size_t;
    static constexpr bool kListed = false, kAnyGoal = true;

    // All must outlive it. `scorer` may be null.
    StepSpace(Proposer& proposer, Scorer* scorer, const std::string& problem,
              const Options& options);
    StepSpace(const StepSpace&) = delete;

    Node root() const { return 0; }
    void evaluate(const std::vector<Node>&) {} // the root's, which has no steps to be rated
    bool solved() const { return goal_.has_value(); }
    bool spent();
    bool telling() const { return options_.shared.trace; }
    void say(std::string sentence) { result_.trace.push_back(std::move(sentence)); }
    std::string name(Node node) const;
    size_t size() const { return nodes_.size(); }
    bool is_goal(Node node) const { return nodes_[node].path.finished; }

    // A*, Q*. An entry of the open list is a path; for Q* it is the pair of the path before its
    // last step and that step.
    struct Entry {
        double f;
        bool unfinished;
        int64_t shortness;
        Node node;
        bool rest = false; // of an expanded path: the steps that were not drawn
        bool operator<(const Entry& other) const; // for the queue: the worse one
    };
    struct Action {
        Node node;  // the path before the step
        Node child; // the path with the step
        double cost, value;
    };
    double g(Node node) const { return nodes_[node].g; }
    double g(const Action& action) const { return nodes_[action.node].g; }
    double h(Node node) const { return nodes_[node].h; }
    bool closed(Node) const { return false; } // it may be drawn from again
    bool current(const Entry& entry) const;
    Opening opened(Node node, double f);
    Opening opened(const Action& action, double f) { return opened(action.child, f); }
    Entry entry(Node node, double f) const;
    Entry entry(const Action& action, double f) const { return entry(action.child, f); }
    Entry goal_entry(Node node) const { return entry(node, *nodes_[node].f); }
    bool expand(const std::vector<Node>& nodes, std::vector<Node>& successors) {
        return expand(nodes, successors, options_.aggregate);
    }
    std::optional<Node> child(const Entry& pair) const { return pair.node; }
    template <class Use>
    bool rate_actions(const std::vector<Node>& nodes, const Use& use);
    std::string name(const Action& action) const { return name(action.child); }
    std::string name(const Entry& entry) const { return name(entry.node); }
    bool goal_selected(Node node);
    const std::vector<Entry>& still_open() const { return still_open_; }
    bool exhausted();
    template <class Open>
    void open_list_left(Open& open, size_t most);

    // Beam.
    bool settled(const std::vector<Node>& kept) const;
    void layer(const std::vector<Node>& kept, std::vector<Node>& next);
    bool better(Node a, Node b) const { return rank(a) != rank(b) ? rank(a) > rank(b) : a < b; }
    void chosen(const std::vector<Node>& kept);

    // MCTS.
    using Prior = double;
    struct Growth {
        std::vector<std::pair<Node, Prior>> successors;
        double value = 0;
        bool ended = false;
    };
    void begin_tree();
    bool anytime() const { return false; }
    bool dead(Node node) const { return nodes_[node].path.finished || nodes_[node].dead; }
    Growth grow(Node node, size_t depth);
    double goal_value(size_t) const { return 1; }
    template <class Edges>
    double priors(const Edges& edges) const;
    template <class Edge>
    double value(const Edge& edge) const {
        return edge.visits > 0 ? edge.total / edge.visits : nodes_[edge.child].score;
    }
    void backed_up(double) const {}
    void end_tree(size_t bytes);

    // Greedy, best of N, majority: whole solutions.
    using Solution = search::Solution;
    using Rating = search::Rating;
    void decode();
    int64_t draw(int64_t most, std::vector<Solution>& solutions); // 4, then 8, 16, ... at once
    void all_drawn() { result_.ended = "samples"; }
    bool finished(const Solution& solution) const { return solution.path.finished; }
    const std::vector<std::string>& steps(const Solution& s) const { return s.path.steps; }
    std::string answer(const Solution& s) const {
        return options_.rules->canonical_answer(s.path.steps.back());
    }
    std::vector<Rating> rate(const std::vector<Solution>& solutions);
    void choose(const Solution& solution, const Rating& rating, double score);
    void elect(const Solution& solution, const std::string& answer, double share);

    Result finish() { return std::move(result_); }

  private:
    bool expand(const std::vector<Node>& nodes, std::vector<Node>& successors, Aggregate how);
    void open_rest(Node node);
    double rank(Node node) const {
        return expander_.meter.has_scorer() ? nodes_[node].score : nodes_[node].log_prob;
    }
    void emit(const Solution& solution, int64_t tokens) const;
    void choose(const StepNode& node, double score);

    const Options& options_;
    Result result_;
    StepExpander expander_;
    std::vector<StepNode> nodes_;
    std::optional<Node> goal_;
    std::map<std::pair<std::string, bool>, Node> at_state_; // the path that stands for a state
    std::vector<Node> closed_, successors_;
    std::vector<Entry> still_open_;
    Node last_kept_ = 0;        // the last path that was the best of its state
    int64_t round_tokens_ = -1; // spent when all closed paths were opened again
    uint64_t round_ = 0;        // of the beam, or batches of solutions
    int64_t drawn_ = 0;         // solutions
};

// One call rates all steps that were drawn after these paths, at the path's last step.
template <class Use>
bool StepSpace::rate_actions(const std::vector<Node>& nodes, const Use& use) {
    successors_.clear();
    const bool more = expand(nodes, successors_, Aggregate::last);
    if (!more) return false;
    for (const Node child : successors_)
        use({nodes_[child].parent, child, nodes_[child].cost, nodes_[child].h});
    return true;
}

// No goal was selected: the best finished path that is open, else the best path.
template <class Open>
void StepSpace::open_list_left(Open& open, size_t) {
    std::optional<Node> end = goal_, unfinished;
    for (; !end && !open.empty(); open.pop()) {
        const Entry& entry = open.top();
        if (entry.rest) continue;
        if (is_goal(entry.node)) end = entry.node;
        if (!unfinished) unfinished = entry.node;
    }
    const StepNode& node = nodes_[end ? *end : unfinished ? *unfinished : last_kept_];
    choose(node, *node.f);
}

template <class Edges>
double StepSpace::priors(const Edges& edges) const {
    double sum = 0;
    for (const auto& edge : edges) sum += edge.prior;
    return sum;
}

} // namespace qstar::search
