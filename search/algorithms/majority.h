#pragma once
// Sampling with a majority vote over the answers (Wang et al., "Self-Consistency Improves Chain of
// Thought Reasoning in Language Models", 2022). No scorer. For spaces that draw whole solutions;
// over a puzzle there is nothing to vote on, since every solution ends in the same state.

#include "search/algorithms/best_of_n.h"

#include <string>
#include <vector>

namespace qstar::search {

// The answer that most samples end in; of two with equally many, the one found first. The steps
// are those of its first sample, the score its share of the finished samples. It requires of a
// space what best_of_n() requires, and elect(solution, answer, share).
template <SearchSpace S>
void majority(S& space, int64_t samples) {
    struct Candidate {
        std::string answer;
        typename S::Solution solution;
        int votes = 0;
    };
    std::vector<Candidate> candidates; // in order of first appearance
    int voters = 0;
    draw_solutions(space, samples, [&](const auto& solutions) {
        // Step 1: each finished sample votes for its answer.
        for (const auto& solution : solutions) {
            if (!space.finished(solution)) continue;
            ++voters;
            const std::string answer = space.answer(solution);
            Candidate* candidate = nullptr;
            for (Candidate& known : candidates)
                if (known.answer == answer) candidate = &known;
            if (candidate == nullptr)
                candidate = &candidates.emplace_back(Candidate{answer, solution, 0});
            ++candidate->votes;
        }
    });
    if (space.solved() || candidates.empty()) return;
    // Step 2: the answer of the most votes.
    const Candidate* best = &candidates.front();
    for (const Candidate& candidate : candidates)
        if (candidate.votes > best->votes) best = &candidate;
    space.elect(best->solution, best->answer, static_cast<double>(best->votes) / voters);
}

} // namespace qstar::search
