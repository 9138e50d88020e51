#pragma once
// A* (Hart, Nilsson and Raphael 1968), weighted (Pohl 1970) and batch-weighted (Agostinelli et al.
// 2019, DeepCubeA): the open node with the smallest
//
//   f(n) = g(n) + weight * h(n)
//
// is expanded next; all of its successors are made and rated.
//
// Over a puzzle g counts actions and h is the heuristic's cost to go. With weight 1 and an h that
// is never above the truth the result is a shortest solution, whatever the batch, also for an
// inconsistent h, as closed states are opened again when a shorter way to them turns up.
//
// Over reasoning steps g is the sum of their costs, -log p(step) by the proposer or 1 each, and
// h = -log of the aggregated score of the steps, 0 without a scorer. So h rates the path so far,
// not the way that is left, and a finished path keeps it: it is what tells a right ending from a
// wrong one. With the product of a PRM's scores and -log p, f is the negative logarithm of "this
// is what one would write, and all of it is right".

#include "search/algorithms/best_first.h"

#include <fmt/core.h>
#include <vector>

namespace qstar::search {

// What it requires of a space beside the open list's:
//
//   g(node), h(node)
//   closed(node)             expanded for good
//   expand(nodes, successors)   makes and rates the successors that are new or were reached on a
//                            better way; false ends the search (no budget, or any goal will do)
//   opened(node, f)          whether the way to its state is the best one
//   entry(node, f)
template <SearchSpace S>
struct AStar : OpenList<S> {
    using typename OpenList<S>::Node;
    using typename OpenList<S>::Entry;
    using OpenList<S>::space, OpenList<S>::open;

    std::vector<Node> nodes = {}, successors = {};

    double f(Node node) const { return space.g(node) + this->weight * space.h(node); }

    void mark_open(Node node) {
        const double value = f(node);
        const Opening how = space.opened(node, value);
        if (how == Opening::passed) return;
        if (space.telling())
            space.say(fmt::format("  open{} {}: g = {:.4g}, h = {:.3f}, f = {:.3f}",
                                  how == Opening::again ? " again" : "", space.name(node),
                                  space.g(node), space.h(node), value));
        open.push(space.entry(node, value));
        this->remember_size();
    }
    bool start() {
        if (space.telling()) space.say("Step 1: open the start");
        space.evaluate({space.root()});
        mark_open(space.root());
        return false;
    }
    bool current(const Entry& entry) { return !space.closed(entry.node) && space.current(entry); }
    bool expand(const std::vector<Entry>& selected) {
        nodes.clear();
        for (const Entry& entry : selected) {
            if (space.telling())
                space.say(fmt::format("Step 4: expand {}, f = {:.3f}", space.name(entry.node),
                                      static_cast<double>(entry.f)));
            nodes.push_back(entry.node);
        }
        successors.clear();
        const bool more = space.expand(nodes, successors);
        this->open_again();
        if (!more) return true;
        for (const Node node : successors) mark_open(node);
        return false;
    }
};

template <SearchSpace S>
void astar(S& space, double weight, size_t batch) {
    AStar<S> frontier{{space, weight}};
    best_first(frontier, batch);
    space.open_list_left(frontier.open, frontier.open_most);
}

} // namespace qstar::search
