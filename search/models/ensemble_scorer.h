#pragma once
// A lower bound over several reward models that were trained alike but for their random numbers
// (Coste et al., "Reward Model Ensembles Help Mitigate Overoptimization", 2310.02743). What fools
// one of them seldom fools all: where they disagree, nobody should be sure.
//
//   least   a step's score is the least of theirs
//   spread  their mean less their standard deviation, at least 0
//
// It costs what they cost together.

#include "search/models/scorer.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

enum class Bound { least, spread };

// A scorer's name: a stage, or an ensemble of several, "least:orm+orm-2+orm-3".
struct ScorerName {
    std::optional<Bound> bound; // none: of one stage
    std::vector<std::string> stages;
};
ScorerName scorer_named(std::string_view name); // Error for an ensemble without a member

// The bound of the members' scores of one step. Error if there are none.
float bound_of(Bound bound, const std::vector<float>& scores);

class EnsembleScorer : public Scorer {
  public:
    // They must outlive it. Error unless all are read alike; `name` stands in it.
    EnsembleScorer(Bound bound, std::vector<Scorer*> members, const std::string& name);

    std::vector<Scores> score(std::span<const Path> paths) override;
    int64_t score_tokens(const Path& path) const override;
    Reading reading() const override { return members_.front()->reading(); }
    std::vector<int> scored_tokens(const Path& path) const override; // the most that one reads
    double score_multiply_adds() const override;
    bool on_proposers_trunk() const override; // if all are

  private:
    Bound bound_;
    std::vector<Scorer*> members_;
};

} // namespace qstar::search
