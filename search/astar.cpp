#include "search/astar.h"

#include "search/stream.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <queue>
#include <tuple>

namespace qstar::search {

namespace {

struct Node {
    Path path;
    std::vector<float> scores;
    double g = 0;
    double h = 0;
    double f = 0;
};

using State = std::pair<std::string, bool>; // the world's state, finished

// The smallest f first; then finished, longer, earlier.
struct Entry {
    double f;
    bool unfinished;
    int64_t shortness;
    size_t node;
    auto key() const { return std::tie(f, unfinished, shortness, node); }
    bool operator<(const Entry& other) const { return key() > other.key(); } // for the queue
};

constexpr double kSmallestScore = 1e-30; // keeps the logarithm finite

} // namespace

Result astar(Proposer& proposer, Scorer* scorer, const std::string& problem,
             const Options& options) {
    Result result;
    std::vector<Node> nodes;
    std::map<State, size_t> best; // the node that stands for a state
    std::priority_queue<Entry> open;
    const auto state_of = [&](const Path& path) {
        return State{options.state(path), path.finished};
    };
    const auto say = [&](const std::string& sentence) {
        if (options.trace) result.trace.push_back(sentence);
    };
    const auto mark_open = [&](Node node) {
        const State state = state_of(node.path);
        const auto [at, is_new] = best.try_emplace(state, nodes.size());
        if (!is_new && node.f >= nodes[at->second].f) return;
        at->second = nodes.size();
        say(fmt::format("  {} {}{}: g = {:.3f}, h = {:.3f}, f = {:.3f}",
                        is_new ? "open" : "open again", state.first,
                        node.path.finished ? " (answer)" : "", node.g, node.h, node.f));
        open.push({node.f, !node.path.finished, -static_cast<int64_t>(node.path.steps.size()),
                   nodes.size()});
        nodes.push_back(std::move(node));
    };
    const auto finish = [&](const Node& node) {
        set_solution(result, node.path, node.scores);
        result.score = node.f;
        return result;
    };

    // Step 1: mark the start open.
    say("Step 1: open the problem");
    mark_open({{problem, {}, false}, {}, 0, 0, 0});
    int64_t dearest = 0; // tokens of the dearest expansion so far
    std::vector<size_t> closed;
    int64_t round_tokens = -1; // spent when all closed nodes were opened again
    for (;;) {
        // Where everybody sees that nothing is solved yet, the closed nodes are drawn from
        // once more: the successors of a path are drawn, not listed.
        if (open.empty() && options.goal && result.tokens > round_tokens) {
            round_tokens = result.tokens;
            for (const size_t node : closed)
                open.push({nodes[node].f, true,
                           -static_cast<int64_t>(nodes[node].path.steps.size()), node});
            closed.clear();
        }
        if (open.empty()) break;
        // Step 2: select the open node whose f is smallest (those that a better path to
        // the same state has replaced are passed over).
        const size_t selected = open.top().node;
        if (best.at(state_of(nodes[selected].path)) != selected) {
            open.pop();
            continue;
        }
        // Step 3: a goal ends the search.
        if (nodes[selected].path.finished) {
            say(fmt::format("Step 3: {} is an answer, f = {:.3f}",
                            nodes[selected].path.steps.back(), nodes[selected].f));
            return finish(nodes[selected]);
        }
        if (result.tokens + dearest > options.budget || result.tokens >= options.budget) {
            say("the budget is spent");
            break;
        }
        open.pop();
        closed.push_back(selected);

        // Step 4: close it and open its successors.
        const Node parent = nodes[selected];
        say(fmt::format("Step 2: select {}, f = {:.3f}", state_of(parent.path).first, parent.f));
        const int64_t before = result.tokens;
        const ProposeRequest request{parent.path, options.proposals, options.temperature,
                                     mix(options.stream, static_cast<uint64_t>(result.expanded))};
        const Proposals proposals = std::move(proposer.propose({&request, 1})[0]);
        ++result.expanded;
        result.generated += proposals.generated;
        result.tokens += proposals.tokens;
        say(fmt::format("Step 4: {} draws, {} different steps", proposals.generated,
                        proposals.steps.size()));
        std::vector<Node> successors;
        std::vector<Path> paths;
        for (const Proposal& proposal : proposals.steps) {
            Node node = parent;
            node.path.steps.push_back(proposal.text);
            node.path.finished = proposal.final;
            node.g += options.step_cost == StepCost::unit
                          ? 1
                          : std::max(0.0, -static_cast<double>(proposal.log_prob));
            node.f = node.g;
            if (options.goal && proposal.final) {
                if (!options.goal(node.path)) continue;
                say(fmt::format("Step 3: {} is at the goal", proposal.text));
                return finish(node);
            }
            paths.push_back(node.path);
            successors.push_back(std::move(node));
        }
        if (scorer != nullptr && !paths.empty()) {
            std::vector<Scores> scores = scorer->score(paths);
            for (size_t i = 0; i < successors.size(); ++i) {
                result.tokens += scores[i].tokens;
                const double score = aggregate(options.aggregate, scores[i].steps);
                successors[i].h = -std::log(std::max(score, kSmallestScore));
                successors[i].f = successors[i].g + options.weight * successors[i].h;
                successors[i].scores = std::move(scores[i].steps);
            }
        }
        for (Node& node : successors) mark_open(std::move(node));
        dearest = std::max(dearest, result.tokens - before);
    }

    // No goal was selected: the best finished path that is open, else the best path.
    const Node* last = nullptr;
    for (; !open.empty(); open.pop()) {
        const Node& node = nodes[open.top().node];
        if (node.path.finished) return finish(node);
        if (last == nullptr) last = &node;
    }
    return finish(last != nullptr ? *last : nodes.back());
}

} // namespace qstar::search
