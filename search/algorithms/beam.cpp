#include "search/algorithms/beam.h"

#include "search/models/meter.h"
#include "search/models/stream.h"

#include <algorithm>
#include <map>
#include <optional>

namespace qstar::search {

namespace {

struct BeamNode {
    Path path;
    std::vector<float> scores;
    double log_prob = 0;
    double rank = 0;
};

} // namespace

Result beam(Proposer& proposer, Scorer* scorer, const std::string& problem,
            const Options& options) {
    const bool falling = scorer == nullptr || options.aggregate != Aggregate::last;
    Result result;
    std::vector<BeamNode> kept = {{{problem, {}, false}, {}, 0, 0}}; // the best first
    Meter meter(proposer, scorer, options, result);
    const auto see = [&](Sight::What what, const BeamNode& node) {
        if (!options.watch) return;
        Sight sight{what, node.path, node.log_prob, {}, {}, result.tokens};
        if (scorer != nullptr) sight.score = node.rank;
        options.watch(sight);
    };
    const auto finish = [&](const BeamNode& node) {
        see(Sight::What::chosen, node);
        set_solution(result, node.path, node.scores);
        result.score = node.rank;
        return std::move(result);
    };
    for (uint64_t round = 0;; ++round) {
        std::vector<ProposeRequest> requests;
        std::vector<const BeamNode*> parents;
        for (const BeamNode& node : kept) {
            if (node.path.finished) continue;
            requests.push_back({.path = node.path,
                                .samples = options.proposals,
                                .temperature = options.temperature,
                                .stream = mix(mix(options.stream, round), requests.size()),
                                .n_best = options.n_best});
            parents.push_back(&node);
        }
        if (requests.empty() || (falling && kept.front().path.finished)) break;
        if (meter.spent()) break;
        const std::vector<Proposals> all = meter.propose(requests);
        if (all.empty()) break; // a round that the budget does not pay
        for (size_t i = 0; i < all.size(); ++i) see(Sight::What::expanded, *parents[i]);

        std::vector<BeamNode> next;
        for (const BeamNode& node : kept)
            if (node.path.finished) next.push_back(node);
        const size_t old = next.size();
        std::map<std::pair<std::string, bool>, size_t> at_state; // same state: the likelier path
        std::optional<BeamNode> solved;                          // at the public goal
        for (size_t i = 0; i < all.size(); ++i) {
            ++result.expanded;
            for (const Proposal& proposal : all[i].steps) {
                BeamNode node = *parents[i];
                node.path.steps.push_back(proposal.text);
                node.path.finished = proposal.final;
                node.log_prob += static_cast<double>(proposal.log_prob);
                node.rank = node.log_prob;
                if (options.goal && proposal.final) {
                    if (!solved && options.goal(node.path)) solved = std::move(node);
                    continue;
                }
                if (options.legal && !options.legal(node.path)) continue;
                const auto [at, is_new] =
                    at_state.try_emplace({options.state(node.path), proposal.final}, next.size());
                if (is_new)
                    next.push_back(std::move(node));
                else if (node.log_prob > next[at->second].log_prob)
                    next[at->second] = std::move(node);
            }
        }
        if (solved) {
            see(Sight::What::opened, *solved);
            return finish(*solved);
        }
        if (scorer != nullptr && next.size() > old) {
            std::vector<Path> paths;
            for (size_t i = old; i < next.size(); ++i) paths.push_back(next[i].path);
            std::vector<Rating> ratings = meter.score(paths);
            for (size_t i = old; i < next.size(); ++i) {
                next[i].rank = ratings[i - old].score;
                next[i].scores = std::move(ratings[i - old].steps);
            }
        }
        for (size_t i = old; i < next.size(); ++i) see(Sight::What::opened, next[i]);
        if (next.empty()) break; // every draw ran away
        std::stable_sort(next.begin(), next.end(),
                         [](const BeamNode& a, const BeamNode& b) { return a.rank > b.rank; });
        next.resize(std::min(next.size(), static_cast<size_t>(options.width)));
        kept = std::move(next);
    }
    const auto done = std::find_if(kept.begin(), kept.end(),
                                   [](const BeamNode& node) { return node.path.finished; });
    return finish(done != kept.end() ? *done : kept.front());
}

} // namespace qstar::search
