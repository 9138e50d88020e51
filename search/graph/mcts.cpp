#include "search/graph/mcts.h"

#include "search/algorithms/puct.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <unordered_map>

namespace qstar::search {

namespace {

struct Edge {
    uint32_t child = 0;
    float prior = 0;
    int64_t visits = 0;
    double total = 0; // of the lengths that were backed up
    bool dead = false;
};

// P(s, a): a softmax of -h of the successors.
void set_priors(std::vector<Edge>& edges, NodeTable& table) {
    float least = INFINITY, sum = 0;
    for (const Edge& edge : edges) least = std::min(least, table[edge.child].h);
    for (Edge& edge : edges) sum += edge.prior = std::exp(least - table[edge.child].h);
    for (Edge& edge : edges) edge.prior /= sum;
}

} // namespace

GraphResult mcts(const Space& space, Heuristic& heuristic, const State& start,
                 const GraphOptions& options) {
    GraphSearch s(space, start, options);
    s.evaluate(heuristic, {0});
    std::unordered_map<uint32_t, std::vector<Edge>> tree; // the states that have successors
    size_t edge_count = 0;
    double shortest = INFINITY, longest = 0; // lengths met so far
    std::vector<std::pair<uint32_t, Edge*>> walk;
    std::vector<uint32_t> fresh;
    std::vector<bool> on_walk(1);
    const auto worth = [&](const Edge& edge, double state_visits) {
        const double span = longest - shortest;
        const double mean =
            edge.visits > 0 ? edge.total / static_cast<double>(edge.visits) : longest;
        const double value = span > 0 ? (longest - mean) / span : 0;
        return puct(value, static_cast<double>(edge.prior), state_visits,
                    static_cast<double>(edge.visits), options.explore);
    };

    bool dead = false;
    while ((s.goal == GraphSearch::kNone || options.anytime) && !dead && !s.spent()) {
        // Step 1: walk down by the largest U to a state without successors.
        walk.clear();
        uint32_t at = 0;
        on_walk[at] = true;
        bool stuck = false;
        for (auto node = tree.find(at); node != tree.end() && at != s.goal; node = tree.find(at)) {
            double visits = 1;
            for (const Edge& edge : node->second) visits += static_cast<double>(edge.visits);
            Edge* best = nullptr;
            for (Edge& edge : node->second)
                if (!edge.dead && !on_walk[edge.child] &&
                    (best == nullptr || worth(edge, visits) > worth(*best, visits)))
                    best = &edge;
            if (best == nullptr) {
                stuck = true;
                break;
            }
            walk.emplace_back(at, best);
            at = best->child;
            on_walk[at] = true;
        }
        on_walk[0] = false;
        for (const auto& [from, edge] : walk) on_walk[edge->child] = false;
        if (stuck || at == s.goal) { // nothing new that way
            dead = walk.empty();
            if (!walk.empty()) walk.back().second->dead = true;
            if (stuck || walk.empty()) continue;
        }
        double length = static_cast<double>(walk.size());
        if (at != s.goal) {
            // Step 2: make its successors and rate those that are new.
            s.expanding(at);
            fresh.clear();
            std::vector<Edge> edges;
            for (int action = 0; action < space.actions(); ++action) {
                if (!space.legal(s.table.state(at), action)) continue;
                const auto [child, reached] = s.reach(at, action);
                if (reached == GraphSearch::Reached::fresh) fresh.push_back(child);
                edges.push_back({child});
            }
            s.evaluate(heuristic, fresh);
            on_walk.resize(s.table.size());
            float least = INFINITY;
            for (const Edge& edge : edges) least = std::min(least, s.table[edge.child].h);
            set_priors(edges, s.table);
            edge_count += edges.size();
            if (s.telling())
                s.say(fmt::format("expand {} at depth {}: best h = {:.3f}", s.name(at), walk.size(),
                                  least));
            tree[at] = std::move(edges);
            length += 1 + static_cast<double>(least);
        }
        // Step 3: back the length up.
        shortest = std::min(shortest, length);
        longest = std::max(longest, length);
        for (const auto& [from, edge] : walk) {
            ++edge->visits;
            edge->total += length;
        }
        if (s.goal != GraphSearch::kNone) s.note_solution();
    }
    s.memory(edge_count * sizeof(Edge));
    return s.finish();
}

} // namespace qstar::search
