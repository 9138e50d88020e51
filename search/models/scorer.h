#pragma once
// A scorer: a reward model as a search uses it.
//
// PRM: one probability for every step that it is right, given the steps before.
// ORM: one probability for every step that the solution will end in the right
// answer; only the last one of a finished path was trained for it.

#include "search/problem/path.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qstar::search {

// What a reward model's scores are of.
enum class Reading {
    each_step,     // a PRM: of one step each; together of the path
    whole_solution // an ORM, a Q-value, a Bradley-Terry model: read at the last step
};

struct Scores {
    std::vector<float> steps; // in (0, 1), one a step of the path
    int64_t tokens = 0;       // of this path, read anew
};

class Scorer {
  public:
    virtual ~Scorer() = default;
    virtual std::vector<Scores> score(std::span<const Path> paths) = 0;
    // What score() counts for a path, known before it is called. From any thread.
    virtual int64_t score_tokens(const Path& path) const = 0;
    // From any thread.
    virtual Reading reading() const { return Reading::each_step; }
    // The tokens that are read for a path's scores, and the multiply-adds of one of them. On the
    // proposer's own trunk those of the head alone: what was drawn is read already. From any
    // thread.
    virtual std::vector<int> scored_tokens(const Path&) const { return {}; }
    virtual double score_multiply_adds() const { return 1; }
    virtual bool on_proposers_trunk() const { return false; }
};

} // namespace qstar::search
