#include "search/spaces/step_expander.h"

#include "engine/base/elementary.h"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace qstar::search {

namespace {
constexpr double kSmallestScore = 1e-30; // keeps the logarithm finite
constexpr double kDoubt = 0.9;           // what is left of the unseen when nothing new was seen
} // namespace

StepExpander::StepExpander(Proposer& proposer, Scorer* scorer, const Options& options,
                           Result& result)
    : meter(proposer, scorer, options, result), options_(options), result_(result) {}

StepExpander::Successors StepExpander::draw(std::span<StepNode* const> paths,
                                            std::span<const uint64_t> streams, bool remember) {
    std::vector<ProposeRequest> requests;
    for (size_t i = 0; i < paths.size(); ++i) {
        ProposeRequest request{.path = paths[i]->path,
                               .samples = options_.proposals,
                               .temperature = options_.temperature,
                               .stream = streams[i],
                               .n_best = options_.n_best};
        if (remember) request.known = paths[i]->known;
        requests.push_back(std::move(request));
    }
    const PublicRules& rules = *options_.rules;
    const bool public_goal = rules.public_goal();
    const std::vector<Proposals> all = meter.propose(requests);
    Successors out;
    out.paid = all.size();
    for (size_t i = 0; i < all.size(); ++i) emit(SearchEvent::What::expanded, *paths[i]);
    result_.expanded += static_cast<int64_t>(all.size());
    for (size_t i = 0; i < all.size(); ++i) {
        StepNode& parent = *paths[i];
        if (options_.shared.trace)
            result_.trace.push_back(fmt::format("  {} draws, {} different steps", all[i].generated,
                                                all[i].steps.size()));
        bool any_new = false;
        for (const Proposal& proposal : all[i].steps) {
            const auto log_prob = static_cast<double>(proposal.log_prob);
            if (remember) {
                const auto same = [&](const Proposal& known) { return same_step(known, proposal); };
                if (std::ranges::any_of(parent.known, same)) continue;
                parent.known.push_back(proposal);
                parent.unseen -= math::exp(log_prob);
                any_new = true;
            }
            StepNode node{parent.path, parent.scores, parent.log_prob, parent.g};
            node.h = parent.h;
            node.path.steps.push_back(proposal.text);
            node.path.finished = proposal.final;
            node.log_prob += log_prob;
            node.cost = options_.step_cost == StepCost::unit ? 1 : std::max(0.0, -log_prob);
            node.g += node.cost;
            if (public_goal && proposal.final) {
                if (!rules.goal(node.path)) continue;
                out.goal = std::move(node);
                return out;
            }
            if (public_goal && !rules.legal(node.path)) continue;
            out.nodes.push_back(std::move(node));
            out.parents.push_back(i);
        }
        // A part of the probability is of texts that run away and are never seen.
        if (remember && !any_new) parent.unseen *= kDoubt;
    }
    return out;
}

void StepExpander::rate(std::span<StepNode> nodes, Aggregate how) {
    if (!meter.has_scorer() || nodes.empty()) return;
    std::vector<Path> paths;
    for (const StepNode& node : nodes) paths.push_back(node.path);
    std::vector<Rating> ratings = meter.score(paths, how);
    for (size_t i = 0; i < nodes.size(); ++i) {
        nodes[i].score = ratings[i].score;
        nodes[i].h = -math::log(std::max(ratings[i].score, kSmallestScore));
        nodes[i].scores = std::move(ratings[i].steps);
    }
}

void StepExpander::emit(SearchEvent::What what, const StepNode& node) const {
    if (!options_.observer) return;
    SearchEvent event{what, node.path, node.log_prob, {}, node.f, result_.tokens};
    if (meter.has_scorer()) event.score = node.f ? math::exp(-node.h) : node.score;
    options_.observer(event);
}

} // namespace qstar::search
