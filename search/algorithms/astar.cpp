#include "search/algorithms/astar.h"

#include "search/algorithms/best_first.h"
#include "search/models/meter.h"
#include "search/models/stream.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <queue>
#include <tuple>

namespace qstar::search {

namespace {

struct Node {
    Path path;
    std::vector<float> scores;
    double log_prob = 0;
    double g = 0;
    double h = 0;
    double f = 0;
    std::vector<Proposal> known = {};  // the next steps that were seen
    double unseen = 1;                 // probability of those that were not
    std::optional<double> best_h = {}; // the smallest h of a step that was seen
};

using State = std::pair<std::string, bool>; // the world's state, finished

// The smallest f first; then finished, longer, earlier.
struct Entry {
    double f;
    bool unfinished;
    int64_t shortness;
    size_t node;
    bool rest = false; // of an expanded node: the steps that were not drawn
    auto key() const { return std::tie(f, unfinished, shortness, node); }
    bool operator<(const Entry& other) const { return key() > other.key(); } // for the queue
};

constexpr double kSmallestScore = 1e-30; // keeps the logarithm finite
constexpr double kLeastUnseen = 1e-5;    // below it all of a node's steps count as seen
constexpr double kDoubt = 0.9;           // what is left of it when nothing new was seen

// What A* over reasoning steps has open: paths.
struct Paths {
    const Options& options;
    const std::string& problem;
    Result& result;
    Meter& meter;
    std::priority_queue<Entry> open = {};
    std::vector<Node> nodes = {};
    std::map<State, size_t> best = {}; // the node that stands for a state
    std::vector<size_t> closed = {};   // the nodes that were drawn from
    std::optional<size_t> goal = {};   // the result
    int64_t round_tokens = -1;         // spent when all closed nodes were opened again

    State state_of(const Path& path) const { return {options.state(path), path.finished}; }
    void say(const std::string& sentence) {
        if (options.trace) result.trace.push_back(sentence);
    }
    void see(Sight::What what, const Node& node) const {
        if (!options.watch) return;
        Sight sight{what, node.path, node.log_prob, {}, node.f, result.tokens};
        if (meter.has_scorer()) sight.score = std::exp(-node.h);
        options.watch(sight);
    }
    void push(size_t id) {
        const Node& node = nodes[id];
        open.push({node.f, !node.path.finished, -static_cast<int64_t>(node.path.steps.size()), id});
    }
    // Partial expansion (Yoshizumi, Miura and Ishida 2000), where the successors are drawn: those
    // that were not are together as likely as what is left of the probability, and, as far as
    // anybody knows, as good as the best of those that were.
    void open_rest(size_t id) {
        const Node& node = nodes[id];
        if (!options.partial || node.unseen < kLeastUnseen) return;
        const double h = std::max(node.h, node.best_h.value_or(node.h));
        open.push({node.g + options.weight * h - std::log(node.unseen), true,
                   -static_cast<int64_t>(node.path.steps.size()), id, true});
    }
    void mark_open(Node node) {
        see(Sight::What::opened, node);
        const State state = state_of(node.path);
        const auto [at, is_new] = best.try_emplace(state, nodes.size());
        if (!is_new && node.f >= nodes[at->second].f) return;
        at->second = nodes.size();
        say(fmt::format("  {} {}{}: g = {:.3f}, h = {:.3f}, f = {:.3f}",
                        is_new ? "open" : "open again", state.first,
                        node.path.finished ? " (answer)" : "", node.g, node.h, node.f));
        nodes.push_back(std::move(node));
        push(nodes.size() - 1);
    }

    void start() {
        say("Step 1: open the problem");
        mark_open({{problem, {}, false}, {}, 0, 0, 0, 0});
    }
    // Those that a better path to the same state has replaced are passed over.
    bool current(const Entry& entry) const {
        return best.at(state_of(nodes[entry.node].path)) == entry.node;
    }
    bool is_goal(const Entry& entry) const { return nodes[entry.node].path.finished; }
    bool goal_selected(const Entry& entry) {
        goal = entry.node;
        say(fmt::format("Step 3: {} is an answer, f = {:.3f}", nodes[*goal].path.steps.back(),
                        nodes[*goal].f));
        return true;
    }
    bool spent() {
        if (!meter.spent()) return false;
        say("the budget is spent: " + result.ended);
        return true;
    }
    // Where everybody sees that nothing is solved yet, the closed nodes are drawn from once
    // more: the successors of a path are drawn, not listed.
    bool exhausted() {
        if (!options.goal || result.tokens <= round_tokens || closed.empty()) return true;
        round_tokens = result.tokens;
        std::sort(closed.begin(), closed.end());
        closed.erase(std::unique(closed.begin(), closed.end()), closed.end());
        for (const size_t node : closed) push(node);
        closed.clear();
        return false;
    }
    bool expand(const std::vector<Entry>& selected);
};

// Draws next steps of the selected paths, rates them in one batch and opens them.
bool Paths::expand(const std::vector<Entry>& selected) {
    std::vector<ProposeRequest> requests;
    for (const Entry& entry : selected) {
        const auto number = static_cast<uint64_t>(result.expanded) + requests.size();
        requests.push_back({.path = nodes[entry.node].path,
                            .samples = options.proposals,
                            .temperature = options.temperature,
                            .stream = mix(options.stream, number),
                            .n_best = options.n_best,
                            .known = nodes[entry.node].known});
    }
    const std::vector<Proposals> all = meter.propose(requests);
    for (size_t i = all.size(); i < selected.size(); ++i) push(selected[i].node); // not paid for
    if (all.empty()) return spent();
    for (size_t i = 0; i < all.size(); ++i) {
        const Node& node = nodes[selected[i].node];
        closed.push_back(selected[i].node);
        say(fmt::format("Step 2: select {}, f = {:.3f}", state_of(node.path).first, node.f));
        see(Sight::What::expanded, node);
    }
    result.expanded += static_cast<int64_t>(all.size());
    std::vector<Node> successors;
    std::vector<size_t> parents; // of each
    for (size_t i = 0; i < all.size(); ++i) {
        say(fmt::format("Step 4: {} draws, {} different steps", all[i].generated,
                        all[i].steps.size()));
        bool any_new = false;
        for (const Proposal& proposal : all[i].steps) {
            Node& parent = nodes[selected[i].node];
            const auto log_prob = static_cast<double>(proposal.log_prob);
            const auto same = [&](const Proposal& known) { return same_step(known, proposal); };
            if (std::ranges::any_of(parent.known, same)) continue;
            parent.known.push_back(proposal);
            parent.unseen -= std::exp(log_prob);
            any_new = true;
            Node node{parent.path, parent.scores, parent.log_prob, parent.g, parent.h, 0};
            node.path.steps.push_back(proposal.text);
            node.path.finished = proposal.final;
            node.log_prob += log_prob;
            node.g += options.step_cost == StepCost::unit ? 1 : std::max(0.0, -log_prob);
            node.f = node.g + options.weight * node.h;
            if (options.goal && proposal.final) {
                if (!options.goal(node.path)) continue;
                say(fmt::format("Step 3: {} is at the goal", proposal.text));
                see(Sight::What::opened, node);
                goal = nodes.size();
                nodes.push_back(std::move(node));
                return true;
            }
            if (options.legal && !options.legal(node.path)) continue;
            successors.push_back(std::move(node));
            parents.push_back(selected[i].node);
        }
        // A part of the probability is of texts that run away and are never seen.
        if (!any_new) nodes[selected[i].node].unseen *= kDoubt;
    }
    if (meter.has_scorer() && !successors.empty()) {
        std::vector<Path> paths;
        for (const Node& node : successors) paths.push_back(node.path);
        std::vector<Rating> ratings = meter.score(paths);
        for (size_t i = 0; i < successors.size(); ++i) {
            Node& node = successors[i];
            node.h = -std::log(std::max(ratings[i].score, kSmallestScore));
            node.f = node.g + options.weight * node.h;
            node.scores = std::move(ratings[i].steps);
            std::optional<double>& best_h = nodes[parents[i]].best_h;
            best_h = std::min(node.h, best_h.value_or(node.h));
        }
    }
    for (size_t i = 0; i < all.size(); ++i) open_rest(selected[i].node);
    for (Node& node : successors) mark_open(std::move(node));
    return false;
}

} // namespace

Result astar(Proposer& proposer, Scorer* scorer, const std::string& problem,
             const Options& options) {
    Result result;
    Meter meter(proposer, scorer, options, result);
    Paths paths{options, problem, result, meter};
    best_first(paths, static_cast<size_t>(options.batch));

    // No goal was selected: the best finished path that is open, else the best path.
    std::optional<size_t> end = paths.goal;
    std::optional<size_t> unfinished;
    for (; !end && !paths.open.empty(); paths.open.pop()) {
        const size_t id = paths.open.top().node;
        if (paths.open.top().rest) continue;
        if (paths.nodes[id].path.finished) end = id;
        if (!unfinished) unfinished = id;
    }
    const Node& node = paths.nodes[end ? *end : unfinished ? *unfinished : paths.nodes.size() - 1];
    paths.see(Sight::What::chosen, node);
    set_solution(result, node.path, node.scores);
    result.score = node.f;
    return result;
}

} // namespace qstar::search
