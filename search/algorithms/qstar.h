#pragma once
// Q* search (Agostinelli, Shmakov, McAleer, Fox and Baldi, "A* Search Without Expansions: Learning
// Heuristic Functions with Deep Q-Networks", 2102.04518).
//
// A Q-function rates all actions of a node in one evaluation. So the open list holds pairs
// (node, action): the child that an action leads to has its priority before it exists,
//
//   f(s, a) = g(s) + c(a) + weight * (Q(s, a) - c(a)),
//
// and is made only when its pair is selected. c(a) is the action's cost, and Q(s, a) - c(a), the
// cost to go after it, is what A* would have as the h of that child: A* must make and rate all
// children to know it, Q* rates the parent.
//
// Over a puzzle Q is a network or a look one step ahead, and c(a) = 1. A pair whose child is the
// goal is opened again as the goal with its true g, so that with weight 1 and a Q that is never
// above the truth the result is a shortest solution.
//
// Over reasoning steps an action is a next step that the proposer wrote, c(a) = -log p(a) (or 1),
// and the cost to go is -log Q(s, a), the scorer's value at the path's last step (Wang et al.,
// "Q*: Improving Multi-step Reasoning for LLMs with Deliberative Planning", 2024). One call rates
// all steps that were written after a path, and what comes after one of them is drawn only when
// its pair is selected. The child of a pair is the path with the step at its end: there is nothing
// to be computed to have it, so that an entry holds its number, and a pair whose child is a state
// that is known already is passed over when it is opened.

#include "search/algorithms/best_first.h"

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <vector>

namespace qstar::search {

// What it requires of a space beside the open list's:
//
//   child(entry)             makes the child of a pair; none if a way as good to it is known
//   rate_actions(nodes, use)    rates all actions of these nodes in one call and gives each to
//                            use(action): the g(action) of its node, its cost and its value (the
//                            cost to go after it);
//                            false ends the search (no budget, or any goal will do)
//   opened(action, f)        whether the way to its child is the best one
//   entry(action, f), goal_entry(node)
template <SearchSpace S>
struct QStar : OpenList<S> {
    using typename OpenList<S>::Node;
    using typename OpenList<S>::Entry;
    using Action = typename S::Action;
    using OpenList<S>::space, OpenList<S>::open;

    std::vector<Node> children = {};

    // Rates all actions of these nodes and opens the pairs.
    bool open_actions(const std::vector<Node>& nodes) {
        const bool more = space.rate_actions(nodes, [&](const Action& action) {
            const double f = space.g(action) + action.cost + this->weight * action.value;
            if (space.opened(action, f) == Opening::passed) return;
            if (space.telling())
                space.say(fmt::format("  open {}: f = {:.3f}", space.name(action), f));
            open.push(space.entry(action, f));
        });
        this->open_again();
        this->remember_size();
        return more;
    }
    // Step 1: the actions of the start are open.
    bool start() {
        const Node root = space.root();
        space.opened(root, 0);
        if (space.telling()) space.say("Step 1: open the actions of the start");
        if (!space.is_goal(root)) return !open_actions({root});
        open.push(space.goal_entry(root));
        return false;
    }
    bool current(const Entry& entry) { return space.current(entry); }
    // Step 4: make the child of each pair; open the actions of those that are new or to which the
    // way is better now.
    bool expand(const std::vector<Entry>& selected) {
        children.clear();
        for (const Entry& entry : selected) {
            if (!space.current(entry)) continue; // its node was reached better within this round
            if (space.telling())
                space.say(fmt::format("Step 4: take {}, f = {:.3f}", space.name(entry),
                                      static_cast<double>(entry.f)));
            const std::optional<Node> child = space.child(entry);
            if (!child) continue;
            if (space.is_goal(*child))
                open.push(space.goal_entry(*child)); // with its true g
            else if (std::find(children.begin(), children.end(), *child) == children.end())
                children.push_back(*child);
        }
        return !open_actions(children);
    }
};

template <SearchSpace S>
void qstar_search(S& space, double weight, size_t batch) {
    QStar<S> frontier{{space, weight}};
    best_first(frontier, batch);
    space.open_list_left(frontier.open, frontier.open_most);
}

} // namespace qstar::search
