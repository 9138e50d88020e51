#include "search/spaces/puzzle_space.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace qstar::search {

namespace {
constexpr int64_t kLongestWalk = 1000; // steps of a walk that does not meet the goal
}

PuzzleSpace::PuzzleSpace(const Space& puzzle, Heuristic* heuristic, QFunction* q,
                         const State& start, const PuzzleOptions& options)
    : PuzzleAccount(puzzle, heuristic, q, options), table_(puzzle.state_bytes()),
      shortest_(INFINITY), longest_(0) {
    const Node root = table_.insert(start.data()).first;
    table_[root].parent = root;
    if (puzzle.solved(start.data())) goal_ = root;
}

std::pair<uint32_t, PuzzleSpace::Reached> PuzzleSpace::reach(Node from, int action) {
    child_.assign(table_.state(from), table_.state(from) + puzzle_.state_bytes());
    puzzle_.apply(child_.data(), action);
    ++result_.generated;
    if (static_cast<int64_t>(table_.size()) >= options_.nodes && !table_.contains(child_.data()))
        return {from, Reached::known};
    const auto [id, is_new] = table_.insert(child_.data());
    if (options_.record) edges_.push_back({from, id, action});
    const auto g = static_cast<uint16_t>(table_[from].g + 1);
    if (!is_new && g >= table_[id].g) return {id, Reached::known};
    if (is_new && puzzle_.solved(child_.data())) goal_ = id;
    PuzzleNode& node = table_[id];
    node.parent = from;
    node.action = static_cast<uint16_t>(action);
    node.g = g;
    result_.reopened += node.closed;
    node.closed = false;
    return {id, is_new ? Reached::fresh : Reached::cheaper};
}

void PuzzleSpace::evaluate(const std::vector<Node>& nodes) {
    if (nodes.empty()) return;
    states_.clear();
    for (const Node node : nodes)
        states_.insert(states_.end(), table_.state(node),
                       table_.state(node) + puzzle_.state_bytes());
    values_.assign(nodes.size(), INFINITY);
    const auto rates = static_cast<int64_t>(paid(nodes.size()));
    if (rates > 0) heuristic_->cost_to_go(states_.data(), rates, values_.data());
    result_.evaluations += rates;
    for (size_t i = 0; i < nodes.size(); ++i) rated(nodes[i], nodes[i] == goal_ ? 0 : values_[i]);
}

const float* PuzzleSpace::q_values(std::span<const Node> nodes) {
    states_.clear();
    for (const Node node : nodes)
        states_.insert(states_.end(), table_.state(node),
                       table_.state(node) + puzzle_.state_bytes());
    values_.resize(nodes.size() * static_cast<size_t>(puzzle_.actions()));
    q_->q_values(states_.data(), static_cast<int64_t>(nodes.size()), values_.data());
    result_.evaluations += static_cast<int64_t>(nodes.size());
    return values_.data();
}

void PuzzleSpace::rated(Node id, float h) {
    table_[id].h = h;
    const PuzzleNode& best = table_[best_];
    if (h < best.h || (h == best.h && table_[id].g < best.g)) best_ = id;
}

void PuzzleSpace::expanding(Node id) {
    table_[id].closed = true;
    ++result_.expanded;
    if (options_.record) order_.push_back(id);
}

// Opens the successors that are new or to which the way is shorter now.
bool PuzzleSpace::expand(const std::vector<Node>& nodes, std::vector<Node>& successors) {
    cheaper_.clear();
    for (const Node node : nodes)
        each_child(node, [&](Node child, Reached reached) {
            if (reached == Reached::fresh) successors.push_back(child);
            if (reached == Reached::cheaper) cheaper_.push_back(child);
        });
    evaluate(successors); // a state's h does not change with its way
    successors.insert(successors.end(), cheaper_.begin(), cheaper_.end());
    return true;
}

std::optional<uint32_t> PuzzleSpace::child(const Entry& pair) {
    const auto [child, reached] = reach(pair.node, pair.action);
    if (reached == Reached::known) return std::nullopt;
    if (child == goal_) rated(child, 0);
    return child;
}

std::string PuzzleSpace::name(const Action& action) const {
    return fmt::format("{} of {}", puzzle_.action_name(table_.state(action.node), action.action),
                       name(action.node));
}

std::string PuzzleSpace::name(const Entry& pair) const {
    return name(Action{pair.node, pair.action, pair.g, 0, 0});
}

bool PuzzleSpace::goal_selected(Node node) {
    note_solution();
    if (telling()) say(fmt::format("Step 3: the goal, g = {}", table_[node].g));
    return !options_.anytime;
}

void PuzzleSpace::layer(const std::vector<Node>& kept, std::vector<Node>& next) {
    for (const Node node : kept)
        each_child(node, [&](Node child, Reached reached) {
            if (reached == Reached::fresh) next.push_back(child);
        });
    evaluate(next);
}

PuzzleSpace::Growth PuzzleSpace::grow(Node node, size_t depth) {
    fresh_.clear();
    Growth growth;
    growth.successors.reserve(static_cast<size_t>(puzzle_.actions()));
    each_child(node, [&](Node child, Reached reached) {
        if (reached == Reached::fresh) fresh_.push_back(child);
        growth.successors.emplace_back(child, 0.0f);
    });
    evaluate(fresh_);
    // The priors: a softmax of -h of the successors.
    float least = INFINITY, sum = 0;
    for (const auto& [child, prior] : growth.successors) least = std::min(least, table_[child].h);
    for (auto& [child, prior] : growth.successors)
        sum += prior = math::exp(least - table_[child].h);
    for (auto& [child, prior] : growth.successors) prior /= sum;
    growth.value = static_cast<double>(depth) + (1 + static_cast<double>(least));
    return growth;
}

void PuzzleSpace::backed_up(double length) {
    shortest_ = std::min(shortest_, length);
    longest_ = std::max(longest_, length);
    if (solved()) note_solution();
}

int64_t PuzzleSpace::draw(int64_t, std::vector<Solution>& walks) {
    Random random(options_.seed, static_cast<uint64_t>(walk_++));
    std::vector<Node> walk{root()}, next;
    std::vector<double> chances;
    std::vector<bool> visited(table_.size(), false);
    const int64_t longest = solved() ? static_cast<int64_t>(table_[goal_].g) : kLongestWalk;
    while (walk.back() != goal_ && std::ssize(walk) <= longest && !spent()) {
        // Step 1: make the successors and rate those that are new.
        visited[walk.back()] = true;
        next.clear();
        fresh_.clear();
        each_child(walk.back(), [&](Node child, Reached reached) {
            if (reached == Reached::fresh) fresh_.push_back(child);
            visited.resize(table_.size());
            if (!visited[child]) next.push_back(child);
        });
        evaluate(fresh_);
        if (next.empty()) break; // a dead end
        // Step 2: draw one of them; the goal is taken where it stands.
        float least = INFINITY;
        for (const Node node : next) least = std::min(least, table_[node].h);
        double sum = 0;
        chances.clear();
        for (const Node node : next)
            chances.push_back(sum += math::exp(static_cast<double>(least - table_[node].h)));
        const double drawn = random.uniform() * sum;
        const auto chosen = std::upper_bound(chances.begin(), chances.end() - 1, drawn);
        const bool at_goal = std::find(next.begin(), next.end(), goal_) != next.end();
        walk.push_back(at_goal ? goal_ : next[static_cast<size_t>(chosen - chances.begin())]);
    }
    if (solved()) note_solution();
    if (telling())
        say(fmt::format("walk {}: {} steps to {}, h = {:.3f}", walk_, walk.size() - 1,
                        name(walk.back()), table_[walk.back()].h));
    walks.push_back(walk.back());
    return 1;
}

void PuzzleSpace::note_solution() {
    const int64_t length = table_[goal_].g;
    if (result_.solutions.empty() || length < result_.solutions.back().second)
        result_.solutions.emplace_back(result_.expanded, length);
}

void PuzzleSpace::memory(size_t more) {
    result_.bytes = std::max(result_.bytes, static_cast<int64_t>(table_.bytes() + more));
}

PuzzleResult PuzzleSpace::finish() {
    const Node end = solved() ? goal_ : best_;
    if (solved()) note_solution();
    result_.actions = table_.path(end);
    result_.nodes = static_cast<int64_t>(table_.size());
    memory(0);
    if (options_.record) result_.record = record(end);
    return close(solved());
}

std::string PuzzleSpace::record(Node end) {
    Json nodes = Json::array(), edges = Json::array();
    for (Node id = 0; id < table_.size(); ++id) {
        const PuzzleNode& node = table_[id];
        Json line{{"id", id}, {"state", name(id)}, {"g", node.g}, {"h", node.h}};
        if (node.parent != id) {
            line["parent"] = node.parent;
            line["action"] = puzzle_.action_name(table_.state(node.parent), node.action);
        }
        nodes.push_back(std::move(line));
    }
    for (const Edge& edge : edges_)
        edges.push_back(Json::array(
            {edge.from, puzzle_.action_name(table_.state(edge.from), edge.action), edge.to}));
    std::vector<Node> path{end};
    while (table_[path.back()].parent != path.back()) path.push_back(table_[path.back()].parent);
    std::reverse(path.begin(), path.end());
    const Json all{{"space", puzzle_.name()}, {"solved", solved()}, {"nodes", nodes},
                   {"edges", edges},          {"expanded", order_}, {"path", path}};
    return json_text(all) + "\n";
}

} // namespace qstar::search
