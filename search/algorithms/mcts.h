#pragma once
// Monte-Carlo tree search with PUCT (puct.h; Rosin 2011; Silver et al. 2017): no solution is
// played out, new nodes are rated instead, as a value network does in AlphaZero.
//
// From the root one goes down by the action with the largest U until a node without a way on; its
// successors are made and rated in one call, and the best of them is backed up. A node that was
// reached on several ways is one node, and a walk never goes in a circle.
//
// Over a puzzle what is backed up is the estimated length of a solution that way, and its mean is
// scaled to [0, 1] by the largest and smallest met (as in MuZero, Schrittwieser et al. 2020; short
// is 1); the prior is a softmax of -h over the successors. The first goal ends it; anytime: it
// goes on and keeps the shortest way.
//
// Over reasoning steps the value is the path's score, without a scorer equal for all, and the
// prior of a step its share of the probability of the different steps that were drawn. A node all
// of whose ways are finished is drawn from again, until that brings nothing new. It ends with the
// budget or at a public goal; the result is the finished path with the best score, else the path
// of the best score.

#include "search/algorithms/puct.h"
#include "search/algorithms/search_space.h"

#include <algorithm>
#include <fmt/core.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace qstar::search {

// An action of a node: to its child.
template <class Node, class Prior>
struct MctsEdge {
    Node child = {};
    Prior prior = 0;
    double visits = 0;
    double total = 0;  // of the values that were backed up
    bool dead = false; // nothing new comes that way
};

// What it requires of a space besides:
//
//   Prior                  the number type of a prior
//   anytime()              a goal does not end it
//   size()                 nodes made so far
//   is_goal(node), dead(node)    dead: finished, or nothing new comes of it
//   grow(node, depth)      makes and rates the successors of a node at this depth: {successors:
//                          (child, prior) each, value: to be backed up, ended: no budget}
//   goal_value(depth)      what is backed up from the goal
//   priors(edges)          by what a prior is divided to be a share
//   value(edge)            in [0, 1]: the mean of what was backed up, or what is thought of a child
//                          that was never visited
//   backed_up(value)       it is being backed up
//   begin_tree(), end_tree(bytes)    bytes: of memory for the edges
template <SearchSpace S>
void mcts(S& space, double explore) {
    using Node = typename S::Node;
    using Edge = MctsEdge<Node, typename S::Prior>;
    std::unordered_map<Node, std::vector<Edge>> tree; // the nodes that have successors
    std::vector<std::pair<Node, Edge*>> walk;
    std::vector<bool> on_walk;
    size_t edge_count = 0;

    // The edge of the largest U that leads on; null if there is none.
    const auto best_edge = [&](Node node) -> Edge* {
        const auto found = tree.find(node);
        if (found == tree.end()) return nullptr;
        double visits = 1, most = 0;
        for (const Edge& edge : found->second) visits += edge.visits;
        const double priors = space.priors(found->second);
        Edge* best = nullptr;
        for (Edge& edge : found->second) {
            if (edge.dead || on_walk[edge.child] || space.dead(edge.child)) continue;
            const double u = puct(space.value(edge), static_cast<double>(edge.prior) / priors,
                                  visits, edge.visits, explore);
            if (best == nullptr || u > most) best = &edge, most = u;
        }
        return best;
    };

    const Node root = space.root();
    space.evaluate({root});
    space.begin_tree();
    bool dead = false;
    while ((!space.solved() || space.anytime()) && !dead && !space.dead(root) && !space.spent()) {
        // Step 1: walk down by the largest U to a node without a way on.
        walk.clear();
        on_walk.resize(space.size());
        Node at = root;
        on_walk[at] = true;
        while (Edge* edge = best_edge(at)) {
            walk.emplace_back(at, edge);
            at = edge->child;
            on_walk[at] = true;
        }
        on_walk[root] = false;
        for (const auto& [from, edge] : walk) on_walk[edge->child] = false;

        const bool goal = space.is_goal(at);
        if (goal || (S::kListed && tree.contains(at))) { // nothing new that way
            dead = walk.empty();
            if (!walk.empty()) walk.back().second->dead = true;
            if (!goal || walk.empty()) continue;
        }
        double value = 0;
        if (goal) {
            value = space.goal_value(walk.size());
        } else {
            // Step 2: make its successors and rate them.
            const auto made = space.grow(at, walk.size());
            if (made.ended) break;
            std::vector<Edge>& edges = tree[at];
            edges.reserve(edges.size() + made.successors.size());
            for (const auto& [child, prior] : made.successors) {
                const Node to = child;
                if (!S::kListed && std::any_of(edges.begin(), edges.end(),
                                               [&](const Edge& edge) { return edge.child == to; }))
                    continue; // drawn before
                edges.push_back({child, prior});
                ++edge_count;
            }
            value = made.value;
            if (space.telling())
                space.say(fmt::format("Step 2: expand {} at depth {}: value {:.3f}", space.name(at),
                                      walk.size(), value));
        }
        // Step 3: back the value up.
        space.backed_up(value);
        for (const auto& [from, edge] : walk) {
            edge->visits += 1;
            edge->total += value;
        }
    }
    space.end_tree(edge_count * sizeof(Edge));
}

} // namespace qstar::search
