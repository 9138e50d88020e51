#pragma once
// The successors of paths of reasoning steps: drawn, filtered by the public rules, rated.
//
// The proposer stands for the textbook's successor operator: it draws some of the next steps, or
// lists the likeliest (Options::n_best), not all. Where the rules are public, steps that break
// them are dropped, and so are finished paths that miss the goal. All that a search over steps
// asks of its models goes through here, and so through the meter (cost/meter.h).

#include "search/cost/meter.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qstar::search {

// A path of steps, a node of every search over them.
struct StepNode {
    Path path;
    std::vector<float> scores = {}; // of its steps, if they were rated
    double log_prob = 0;            // of the whole path, by the proposer
    double g = 0;                   // costs of its steps
    double score = 0;               // aggregated; 0 until it is rated
    double h = 0;                   // -log of the score
    std::optional<double> f = {};   // A*, Q*
    size_t parent = 0;              // its number, and the cost of the last step
    double cost = 0;
    bool dead = false; // MCTS: nothing new comes of it
    // For partial expansion: what was seen of its next steps.
    std::vector<Proposal> known = {};
    double unseen = 1;                 // probability of those that were not
    std::optional<double> best_h = {}; // the smallest h of a step that was seen
};

class StepExpander {
  public:
    // `scorer` may be null. Counts into `result`. All must outlive it.
    StepExpander(Proposer& proposer, Scorer* scorer, const Options& options, Result& result);

    Meter meter;

    struct Successors {
        size_t paid = 0; // paths that were drawn from; the budget ends before the others
        std::vector<StepNode>
            nodes; // not rated yet; f, g and h are the parent's with the step's cost
        std::vector<size_t> parents;  // of each: its place in `paths`
        std::optional<StepNode> goal; // the first that reaches a public goal; no others follow
    };
    // Draws next steps of these paths, each by its own random stream. `remember`: steps that were
    // seen before are left out, and those that are new are remembered in the node.
    Successors draw(std::span<StepNode* const> paths, std::span<const uint64_t> streams,
                    bool remember);
    // Rates the paths in one call: scores, score and h. Nothing without a scorer.
    void rate(std::span<StepNode> nodes, Aggregate how);

    // Tells Options::observer. A path that has an f is shown with it, and e^-h is its score.
    void emit(SearchEvent::What what, const StepNode& node) const;
    // The state of a path, and whether it is finished: paths in one state are one node.
    std::pair<std::string, bool> state_of(const Path& path) const {
        return {options_.rules->state(path), path.finished};
    }

  private:
    const Options& options_;
    Result& result_;
};

} // namespace qstar::search
