#include "search/graph/graph_search.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <cmath>

namespace qstar::search {

void check(const GraphOptions& o) {
    check_range("nodes", o.nodes, 1, int64_t{UINT32_MAX} - 2);
    check_range("evaluations", o.evaluations, 0, int64_t{1} << 40);
    check_range("seconds", o.seconds, 0);
    check_range("weight", o.weight, 0);
    check_range("batch", o.batch, 1);
    check_range("width", o.width, 1);
    check_range("explore", o.explore, 0);
    check_range("samples", o.samples, 1);
}

GraphSearch::GraphSearch(const Space& space, const State& start, const GraphOptions& options)
    : table(space.state_bytes()), space_(space), options_(options),
      begin_(std::chrono::steady_clock::now()) {
    check(options);
    const uint32_t id = table.insert(start.data()).first;
    table[id].parent = id;
    if (space.solved(start.data())) goal = id;
}

std::pair<uint32_t, GraphSearch::Reached> GraphSearch::reach(uint32_t from, int action) {
    child_.assign(table.state(from), table.state(from) + space_.state_bytes());
    space_.apply(child_.data(), action);
    ++result.generated;
    if (static_cast<int64_t>(table.size()) >= options_.nodes && !table.contains(child_.data()))
        return {from, Reached::known};
    const auto [id, is_new] = table.insert(child_.data());
    if (options_.record) edges_.push_back({from, id, action});
    const auto g = static_cast<uint16_t>(table[from].g + 1);
    if (!is_new && g >= table[id].g) return {id, Reached::known};
    if (is_new && space_.solved(child_.data())) goal = id;
    Node& node = table[id];
    node.parent = from;
    node.action = static_cast<uint16_t>(action);
    node.g = g;
    result.reopened += node.closed;
    node.closed = false;
    return {id, is_new ? Reached::fresh : Reached::cheaper};
}

void GraphSearch::evaluate(Heuristic& heuristic, const std::vector<uint32_t>& ids) {
    if (ids.empty()) return;
    states_.clear();
    for (const uint32_t id : ids)
        states_.insert(states_.end(), table.state(id), table.state(id) + space_.state_bytes());
    values_.assign(ids.size(), INFINITY);
    const int64_t rates = std::min(static_cast<int64_t>(ids.size()), evaluations_left());
    if (rates > 0) heuristic.cost_to_go(states_.data(), rates, values_.data());
    result.evaluations += rates;
    for (size_t i = 0; i < ids.size(); ++i) rated(ids[i], ids[i] == goal ? 0 : values_[i]);
}

void GraphSearch::rated(uint32_t id, float h) {
    table[id].h = h;
    const Node& best = table[best_];
    if (h < best.h || (h == best.h && table[id].g < best.g)) best_ = id;
}

void GraphSearch::expanding(uint32_t id) {
    table[id].closed = true;
    ++result.expanded;
    if (options_.record) order_.push_back(id);
}

void GraphSearch::note_solution() {
    const int64_t length = table[goal].g;
    if (result.solutions.empty() || length < result.solutions.back().second)
        result.solutions.emplace_back(result.expanded, length);
}

int64_t GraphSearch::evaluations_left() const {
    return options_.evaluations > 0 ? options_.evaluations - result.evaluations : INT64_MAX;
}

bool GraphSearch::spent() {
    if (static_cast<int64_t>(table.size()) >= options_.nodes) {
        result.ended = "nodes";
    } else if (options_.evaluations > 0 && result.evaluations >= options_.evaluations) {
        result.ended = "evaluations";
    } else if (options_.seconds > 0) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
        if (passed.count() >= options_.seconds) result.ended = "seconds";
    }
    if (!result.ended.empty() && telling()) say("the budget is spent: " + result.ended);
    return !result.ended.empty();
}

bool GraphSearch::hopeless(uint32_t id) {
    return !result.solutions.empty() &&
           table[id].g + space_.lower_bound(table.state(id)) >= result.solutions.back().second;
}

void GraphSearch::memory(size_t more) {
    result.bytes = std::max(result.bytes, static_cast<int64_t>(table.bytes() + more));
}

std::string GraphSearch::record(uint32_t end) {
    Json nodes = Json::array(), edges = Json::array();
    for (uint32_t id = 0; id < table.size(); ++id) {
        const Node& node = table[id];
        Json line{{"id", id}, {"state", name(id)}, {"g", node.g}, {"h", node.h}};
        if (node.parent != id) {
            line["parent"] = node.parent;
            line["action"] = space_.action_name(table.state(node.parent), node.action);
        }
        nodes.push_back(std::move(line));
    }
    for (const Edge& edge : edges_)
        edges.push_back(Json::array(
            {edge.from, space_.action_name(table.state(edge.from), edge.action), edge.to}));
    std::vector<uint32_t> path{end};
    while (table[path.back()].parent != path.back()) path.push_back(table[path.back()].parent);
    std::reverse(path.begin(), path.end());
    const Json all{{"space", space_.name()}, {"solved", result.solved}, {"nodes", nodes},
                   {"edges", edges},         {"expanded", order_},      {"path", path}};
    return json_text(all) + "\n";
}

GraphResult GraphSearch::finish() {
    const uint32_t end = goal != kNone ? goal : best_;
    result.solved = goal != kNone;
    if (result.solved) note_solution();
    if (result.ended.empty()) result.ended = result.solved ? "solved" : "exhausted";
    result.actions = table.path(end);
    result.nodes = static_cast<int64_t>(table.size());
    memory(0);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
    result.seconds = passed.count();
    if (options_.record) result.record = record(end);
    return std::move(result);
}

} // namespace qstar::search
