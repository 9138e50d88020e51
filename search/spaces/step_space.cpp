#include "search/spaces/step_space.h"

#include "engine/base/elementary.h"
#include "engine/base/random.h"

#include <algorithm>
#include <fmt/core.h>
#include <tuple>

namespace qstar::search {

namespace {
constexpr double kLeastUnseen = 1e-5; // below it all of a path's steps count as seen
} // namespace

StepSpace::StepSpace(Proposer& proposer, Scorer* scorer, const std::string& problem,
                     const Options& options)
    : options_(options),
      expander_(proposer, scorer, options_, result_), nodes_{{.path = {problem, {}, false}}} {}

bool StepSpace::spent() {
    if (!expander_.meter.spent()) return false;
    if (telling()) say("the budget is spent: " + result_.ended);
    return true;
}

std::string StepSpace::name(Node node) const {
    const auto [state, finished] = expander_.state_of(nodes_[node].path);
    return state + (finished ? " (answer)" : "");
}

void StepSpace::choose(const StepNode& node, double score) {
    expander_.emit(SearchEvent::What::chosen, node);
    set_solution(result_, node.path, node.scores);
    result_.score = score;
}

// A*, Q*.

bool StepSpace::Entry::operator<(const Entry& other) const {
    return std::tie(f, unfinished, shortness, node) >
           std::tie(other.f, other.unfinished, other.shortness, other.node);
}

StepSpace::Entry StepSpace::entry(Node node, double f) const {
    const Path& path = nodes_[node].path;
    return {f, !path.finished, -std::ssize(path.steps), node};
}

// Those that a better path to the same state has replaced are not.
bool StepSpace::current(const Entry& entry) const {
    return at_state_.at(expander_.state_of(nodes_[entry.node].path)) == entry.node;
}

Opening StepSpace::opened(Node node, double f) {
    nodes_[node].f = f;
    expander_.emit(SearchEvent::What::opened, nodes_[node]);
    const auto [at, is_new] = at_state_.try_emplace(expander_.state_of(nodes_[node].path), node);
    if (!is_new && f >= *nodes_[at->second].f) return Opening::passed;
    at->second = last_kept_ = node;
    return is_new ? Opening::first : Opening::again;
}

// Partial expansion, where the successors are drawn: those that were not are together as likely as
// what is left of the probability, and, as far as is known, as good as the best of those that
// were.
void StepSpace::open_rest(Node id) {
    const StepNode& node = nodes_[id];
    if (!options_.partial || node.unseen < kLeastUnseen) return;
    const double h = std::max(node.h, node.best_h.value_or(node.h));
    Entry rest = entry(id, node.g + options_.shared.weight * h - math::log(node.unseen));
    rest.rest = true;
    still_open_.push_back(rest);
}

bool StepSpace::expand(const std::vector<Node>& nodes, std::vector<Node>& successors,
                       Aggregate how) {
    std::vector<StepNode*> paths;
    std::vector<uint64_t> streams;
    for (const Node node : nodes) {
        streams.push_back(
            derive_stream(options_.stream, static_cast<uint64_t>(result_.expanded) + paths.size()));
        paths.push_back(&nodes_[node]);
    }
    StepExpander::Successors next = expander_.draw(paths, streams, true);
    still_open_.clear();
    for (size_t i = next.paid; i < nodes.size(); ++i)
        still_open_.push_back(entry(nodes[i], *nodes_[nodes[i]].f));
    if (next.paid == 0) {
        spent();
        return false;
    }
    if (next.goal) {
        StepNode& goal = *next.goal;
        goal.f = goal.g + options_.shared.weight * goal.h;
        if (telling()) say(fmt::format("Step 3: {} is at the goal", goal.path.steps.back()));
        expander_.emit(SearchEvent::What::opened, goal);
        goal_ = nodes_.size();
        nodes_.push_back(std::move(goal));
        return false;
    }
    closed_.insert(closed_.end(), nodes.begin(),
                   nodes.begin() + static_cast<std::ptrdiff_t>(next.paid));
    expander_.rate(next.nodes, how);
    for (size_t i = 0; i < next.nodes.size(); ++i) {
        StepNode& node = next.nodes[i];
        node.parent = nodes[next.parents[i]];
        if (!expander_.meter.has_scorer()) continue;
        std::optional<double>& best_h = nodes_[node.parent].best_h;
        best_h = std::min(node.h, best_h.value_or(node.h));
    }
    for (size_t i = 0; i < next.paid; ++i) open_rest(nodes[i]);
    for (StepNode& node : next.nodes) {
        successors.push_back(nodes_.size());
        nodes_.push_back(std::move(node));
    }
    return true;
}

bool StepSpace::goal_selected(Node node) {
    goal_ = node;
    if (telling())
        say(fmt::format("Step 3: {} is an answer, f = {:.3f}", nodes_[node].path.steps.back(),
                        *nodes_[node].f));
    return true;
}

// Where the public goal says that nothing is solved yet, the closed paths are drawn from once more.
bool StepSpace::exhausted() {
    still_open_.clear();
    if (!options_.rules->public_goal() || result_.tokens <= round_tokens_ || closed_.empty())
        return true;
    round_tokens_ = result_.tokens;
    std::sort(closed_.begin(), closed_.end());
    closed_.erase(std::unique(closed_.begin(), closed_.end()), closed_.end());
    for (const Node node : closed_) still_open_.push_back(entry(node, *nodes_[node].f));
    closed_.clear();
    return false;
}

// Beam.

bool StepSpace::settled(const std::vector<Node>& kept) const {
    const bool falling = !expander_.meter.has_scorer() || options_.aggregate != Aggregate::last;
    return (falling && is_goal(kept.front())) ||
           std::all_of(kept.begin(), kept.end(), [&](Node node) { return is_goal(node); });
}

// Draws next steps of every unfinished path; of those in one state the likeliest is rated.
void StepSpace::layer(const std::vector<Node>& kept, std::vector<Node>& next) {
    std::vector<StepNode*> paths;
    std::vector<uint64_t> streams;
    for (const Node node : kept) {
        if (is_goal(node)) {
            next.push_back(node);
            continue;
        }
        streams.push_back(derive_stream(derive_stream(options_.stream, round_), paths.size()));
        paths.push_back(&nodes_[node]);
    }
    ++round_;
    StepExpander::Successors drawn = expander_.draw(paths, streams, false);
    if (drawn.paid == 0) return next.clear();
    if (drawn.goal) {
        drawn.goal->score = drawn.goal->log_prob; // it was not rated
        expander_.emit(SearchEvent::What::opened, *drawn.goal);
        goal_ = nodes_.size();
        nodes_.push_back(std::move(*drawn.goal));
        return next.clear();
    }
    std::vector<StepNode> made;
    std::map<std::pair<std::string, bool>, size_t> at_state;
    for (StepNode& node : drawn.nodes) {
        const auto [at, is_new] = at_state.try_emplace(expander_.state_of(node.path), made.size());
        if (is_new)
            made.push_back(std::move(node));
        else if (node.log_prob > made[at->second].log_prob)
            made[at->second] = std::move(node);
    }
    expander_.rate(made, options_.aggregate);
    for (StepNode& node : made) {
        expander_.emit(SearchEvent::What::opened, node);
        next.push_back(nodes_.size());
        nodes_.push_back(std::move(node));
    }
}

void StepSpace::chosen(const std::vector<Node>& kept) {
    Node best = kept.front();
    const auto done = std::find_if(kept.begin(), kept.end(), [&](Node n) { return is_goal(n); });
    if (done != kept.end()) best = *done;
    if (goal_) best = *goal_;
    choose(nodes_[best], goal_ ? nodes_[best].score : rank(best));
}

// MCTS.

void StepSpace::begin_tree() {
    expander_.emit(SearchEvent::What::opened, nodes_[0]);
    at_state_[expander_.state_of(nodes_[0].path)] = 0;
}

// Draws next steps of a path, rates the new ones and adds them. The best of their values is backed
// up, or the path's own if there are none.
StepSpace::Growth StepSpace::grow(Node parent, size_t) {
    StepNode* const path = &nodes_[parent];
    const uint64_t stream = derive_stream(options_.stream, static_cast<uint64_t>(result_.expanded));
    StepExpander::Successors drawn = expander_.draw({&path, 1}, {&stream, 1}, false);
    Growth growth;
    growth.ended = drawn.paid == 0;
    if (growth.ended) return growth;
    if (drawn.goal) {
        drawn.goal->scores.clear(); // it was not rated
        expander_.emit(SearchEvent::What::opened, *drawn.goal);
        goal_ = nodes_.size();
        nodes_.push_back(std::move(*drawn.goal));
        growth.value = 1;
        return growth;
    }
    expander_.rate(drawn.nodes, options_.aggregate);
    const size_t before = nodes_.size();
    growth.value = drawn.nodes.empty() ? nodes_[parent].score : 0;
    for (StepNode& node : drawn.nodes) {
        growth.value = std::max(growth.value, node.score);
        expander_.emit(SearchEvent::What::opened, node);
        const double likelihood = math::exp(node.log_prob - nodes_[parent].log_prob);
        const auto [known, is_new] =
            at_state_.try_emplace(expander_.state_of(node.path), nodes_.size());
        const Node child = known->second;
        if (is_new) {
            nodes_.push_back(std::move(node));
        } else if (node.score > nodes_[child].score) { // of one state the better path
            node.dead = nodes_[child].dead;
            nodes_[child] = std::move(node);
        }
        if (child != parent) growth.successors.emplace_back(child, likelihood);
    }
    if (nodes_.size() == before) nodes_[parent].dead = true;
    return growth;
}

void StepSpace::end_tree(size_t) {
    Node best = goal_.value_or(0);
    const auto value = [&](Node node) {
        return std::pair(nodes_[node].path.finished, nodes_[node].score);
    };
    for (Node node = 0; node < nodes_.size() && !goal_; ++node)
        if (value(node) > value(best)) best = node;
    choose(nodes_[best], nodes_[best].score);
}

} // namespace qstar::search
