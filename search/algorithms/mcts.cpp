#include "search/algorithms/mcts.h"

#include "search/algorithms/puct.h"
#include "search/models/meter.h"
#include "search/models/stream.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace qstar::search {

namespace {

struct Edge {
    size_t child = 0;
    double likelihood = 0; // of the step, e to the log-probability
    double visits = 0;
    double total = 0; // of the values that were backed up
};

struct MctsNode {
    Path path;
    std::vector<float> scores;
    double log_prob = 0;
    double value = 0; // the path's score
    std::vector<Edge> edges;
    bool dead = false; // finished, or nothing new comes of it
};

// The nodes, and what it takes to make more of them.
struct Growth {
    const Options& options;
    Result& result;
    Meter& meter;
    std::vector<MctsNode> nodes = {};
    std::map<std::pair<std::string, bool>, size_t> at_state = {};
    bool solved = false; // the last node is at the public goal

    void see(Sight::What what, const MctsNode& node) const {
        if (!options.watch) return;
        Sight sight{what, node.path, node.log_prob, {}, {}, result.tokens};
        if (meter.has_scorer()) sight.score = node.value;
        options.watch(sight);
    }

    // Draws next steps of a node, rates the new paths and adds them. Gives the best of their
    // values, or the node's own if there are none.
    double expand(size_t at) {
        std::vector<ProposeRequest> request{
            {.path = nodes[at].path,
             .samples = options.proposals,
             .temperature = options.temperature,
             .stream = mix(options.stream, static_cast<uint64_t>(result.expanded)),
             .n_best = options.n_best}};
        const std::vector<Proposals> drawn = meter.propose(request);
        if (drawn.empty()) return nodes[at].value; // the budget does not pay for it
        see(Sight::What::expanded, nodes[at]);
        ++result.expanded;
        const Proposals& proposals = drawn[0];

        std::vector<MctsNode> made;
        std::vector<Path> paths;
        for (const Proposal& proposal : proposals.steps) {
            MctsNode node;
            node.path = nodes[at].path;
            node.path.steps.push_back(proposal.text);
            node.path.finished = node.dead = proposal.final;
            node.log_prob = nodes[at].log_prob + static_cast<double>(proposal.log_prob);
            if (options.goal && proposal.final) {
                if (!options.goal(node.path)) continue;
                see(Sight::What::opened, node);
                nodes.push_back(std::move(node));
                solved = true;
                return 1;
            }
            if (options.legal && !options.legal(node.path)) continue;
            paths.push_back(node.path);
            made.push_back(std::move(node));
        }
        if (meter.has_scorer() && !paths.empty()) {
            std::vector<Rating> ratings = meter.score(paths);
            for (size_t i = 0; i < made.size(); ++i) {
                made[i].value = ratings[i].score;
                made[i].scores = std::move(ratings[i].steps);
            }
        }
        const size_t before = nodes.size();
        double best = made.empty() ? nodes[at].value : 0;
        for (MctsNode& node : made) {
            best = std::max(best, node.value);
            add(at, std::move(node));
        }
        if (nodes.size() == before) nodes[at].dead = true;
        return best;
    }

  private:
    void add(size_t parent, MctsNode node) {
        see(Sight::What::opened, node);
        const double likelihood = std::exp(node.log_prob - nodes[parent].log_prob);
        const auto [known, is_new] =
            at_state.try_emplace({options.state(node.path), node.path.finished}, nodes.size());
        const size_t child = known->second;
        if (is_new) {
            nodes.push_back(std::move(node));
        } else if (node.value > nodes[child].value) {
            node.edges = std::move(nodes[child].edges);
            node.dead = nodes[child].dead;
            nodes[child] = std::move(node);
        }
        std::vector<Edge>& edges = nodes[parent].edges;
        const bool there = std::any_of(edges.begin(), edges.end(),
                                       [&](const Edge& edge) { return edge.child == child; });
        if (!there && child != parent) edges.push_back({child, likelihood, 0, 0});
    }
};

// The edge of the largest U whose child is alive and not on the walk; null if there is none.
Edge* best_edge(Growth& g, MctsNode& node, const std::vector<bool>& on_walk) {
    double visits = 1;
    double likelihood = 0;
    for (const Edge& edge : node.edges) visits += edge.visits, likelihood += edge.likelihood;
    Edge* best = nullptr;
    double most = 0;
    for (Edge& edge : node.edges) {
        const MctsNode& child = g.nodes[edge.child];
        if (child.dead || on_walk[edge.child]) continue;
        const double value = edge.visits > 0 ? edge.total / edge.visits : child.value;
        const double u =
            puct(value, edge.likelihood / likelihood, visits, edge.visits, g.options.explore);
        if (best == nullptr || u > most) best = &edge, most = u;
    }
    return best;
}

} // namespace

Result mcts(Proposer& proposer, Scorer* scorer, const std::string& problem,
            const Options& options) {
    Result result;
    Meter meter(proposer, scorer, options, result);
    Growth g{options, result, meter};
    g.nodes.push_back({{problem, {}, false}, {}, 0, 0, {}, false});
    g.see(Sight::What::opened, g.nodes[0]);
    g.at_state[{options.state(g.nodes[0].path), false}] = 0;
    const auto say = [&](const std::string& sentence) {
        if (options.trace) result.trace.push_back(sentence);
    };
    while (!g.solved && !g.nodes[0].dead && !meter.spent()) {
        // Step 1: walk down by the largest U to a node without a way on.
        std::vector<std::pair<size_t, size_t>> walk; // node, number of the edge
        std::vector<bool> on_walk(g.nodes.size());
        size_t at = 0;
        for (;;) {
            on_walk[at] = true;
            MctsNode& node = g.nodes[at];
            const Edge* edge = best_edge(g, node, on_walk);
            if (edge == nullptr) break;
            walk.emplace_back(at, static_cast<size_t>(edge - node.edges.data()));
            at = edge->child;
        }
        // Step 2: draw its next steps, rate them, add them to the tree.
        const double value = g.expand(at);
        if (!result.ended.empty()) break;
        say(fmt::format("expand {} at depth {}: best score = {:.3f}",
                        options.state(g.nodes[at].path), walk.size(), value));
        // Step 3: back the value up.
        for (const auto& [node, edge] : walk) {
            g.nodes[node].edges[edge].visits += 1;
            g.nodes[node].edges[edge].total += value;
        }
    }

    const MctsNode* best = g.solved ? &g.nodes.back() : &g.nodes.front();
    for (const MctsNode& node : g.nodes)
        if (!g.solved &&
            std::pair(node.path.finished, node.value) > std::pair(best->path.finished, best->value))
            best = &node;
    g.see(Sight::What::chosen, *best);
    set_solution(result, best->path, best->scores);
    result.score = best->value;
    return result;
}

} // namespace qstar::search
