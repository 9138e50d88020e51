#pragma once
// Problems for practice: those that need what has seldom been needed come up more often.
//
// A class hands in what is common again and again, and what a policy gets wrong in the end is what
// it has hardly met. Where a world can say which facts a problem needs (teaching.h), a problem is
// taken with the probability usual / (usual + n), n being how often the rarest of its facts has
// been needed by those taken before: the frequencies of the facts are flattened (by about the
// square root), as in the sampling of rare words by Mikolov et al. (2013) and of rare languages by
// Devlin et al. (2019).

#include "train/data/class/teaching.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace qstar::train {

class RareDraw {
  public:
    // usual > 0
    RareDraw(ProblemSource source, Split split, double usual, uint64_t seed);
    // The next different problems of one sequence, a pure function of what the constructor was
    // given and of how many were taken before. Error if there are not that many.
    std::vector<std::string> next(int64_t count);

  private:
    bool taken(const std::string& problem);

    ProblemSource source_;
    Split split_;
    double usual_;
    Random random_;
    std::unordered_set<std::string> seen_;
    std::unordered_map<std::string, int64_t> needed_; // by fact
};

} // namespace qstar::train
