#pragma once
// Best of N: draw N solutions, let a reward model choose (Cobbe et al., "Training Verifiers to
// Solve Math Word Problems", 2021, for an ORM; Lightman et al. 2023 for a PRM).
//
// Over reasoning steps a solution is a sample of the model; one that is drawn again is not rated
// again. Where the goal is public, the first solution that reaches it is the result, and no scorer
// is needed. Over a puzzle it is a random walk by e^-h (spaces/puzzle_space.h) and the shortest
// way to the goal is the best: where walks meet, the shorter way counts, so the best is not one of
// the walks but what the space has found.

#include "search/algorithms/search_space.h"
#include "search/problem/vote.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace qstar::search {

// Draws solutions until there are enough or the budget is spent; use(solutions) for each batch.
// What it requires of a space: draw(most, solutions), which draws the next batch of whole
// solutions, at most so many, and says how many were drawn, 0 if the budget pays for none;
// all_drawn().
template <SearchSpace S, class Use>
void draw_solutions(S& space, int64_t samples, const Use& use) {
    for (int64_t drawn = 0; drawn < samples && !space.spent();) {
        std::vector<typename S::Solution> solutions;
        const int64_t count = space.draw(samples - drawn, solutions);
        if (count == 0 || (S::kAnyGoal && space.solved())) return;
        drawn += count;
        use(solutions);
        if (drawn >= samples) space.all_drawn();
    }
}

// The sample of the highest score or, by a vote (problem/vote.h), an answer, shown by its best
// sample: weighted, whose samples' scores have the largest sum (Li et al., "Making Language Models
// Better Reasoners with Step-Aware Verifier", 2023); bests, which is most often the best of a few.
// Of equal ones the first.
//
// What it requires of a space that draws: finished(solution), steps(solution), and
// answer(solution), its answer in a form for votes; rate(solutions), a score and those of the steps
// for each; choose(solution, rating, score), which makes a solution the result.
template <SearchSpace S>
void best_of_n(S& space, int64_t samples, Vote vote) {
    if constexpr (S::kListed) {
        space.evaluate({space.root()});
        draw_solutions(space, samples, [](const auto&) {});
    } else {
        struct Candidate {
            typename S::Solution solution;
            typename S::Rating rating;
            int64_t count = 0;
        };
        std::vector<Candidate> candidates;                // different solutions, in order
        std::map<std::vector<std::string>, size_t> known; // steps -> candidate
        draw_solutions(space, samples, [&](const auto& solutions) {
            // Step 1: of the finished solutions those that are new.
            std::vector<typename S::Solution> fresh;
            const size_t before = candidates.size();
            for (const auto& solution : solutions) {
                if (!space.finished(solution)) continue;
                const auto [at, is_new] =
                    known.try_emplace(space.steps(solution), candidates.size());
                if (is_new) {
                    candidates.push_back({solution, {}, 0});
                    fresh.push_back(solution);
                }
                ++candidates[at->second].count;
            }
            // Step 2: rate them.
            auto ratings = space.rate(fresh);
            for (size_t i = 0; i < ratings.size(); ++i)
                candidates[before + i].rating = std::move(ratings[i]);
        });
        if (space.solved() || candidates.empty()) return;

        // Step 3: take the best, by its own score or by that of its answer.
        std::vector<double> scores;
        std::vector<int64_t> counts;
        for (const Candidate& c : candidates) {
            scores.push_back(c.rating.score);
            counts.push_back(c.count);
        }
        if (vote == Vote::bests) scores = shares_of_bests(scores, counts);
        std::map<std::string, double> votes; // for an answer
        for (size_t i = 0; i < candidates.size(); ++i)
            votes[space.answer(candidates[i].solution)] +=
                vote == Vote::bests ? scores[i] : scores[i] * static_cast<double>(counts[i]);
        const auto score = [&](const Candidate& c) {
            return vote == Vote::best ? c.rating.score : votes[space.answer(c.solution)];
        };
        const Candidate* best = &candidates.front();
        for (const Candidate& c : candidates)
            if (score(c) > score(*best) ||
                (score(c) == score(*best) && c.rating.score > best->rating.score))
                best = &c;
        space.choose(best->solution, best->rating, score(*best));
    }
}

} // namespace qstar::search
