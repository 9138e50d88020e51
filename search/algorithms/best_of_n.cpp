#include "search/algorithms/best_of_n.h"

#include "search/models/sampling.h"

#include <map>

namespace qstar::search {

Result best_of_n(Proposer& proposer, Scorer* scorer, const std::string& problem,
                 const Options& options) {
    struct Candidate {
        Path path;
        std::vector<float> scores;
        double score = 0;
        int count = 0;
    };
    std::vector<Candidate> candidates;                // different solutions, in order
    std::map<std::vector<std::string>, size_t> known; // steps -> candidate
    Result result;
    Meter meter(proposer, scorer, options, result);
    sample_solutions(meter, problem, options, result, [&](std::vector<Solution>&& solutions) {
        std::vector<Path> fresh;
        for (Solution& solution : solutions) {
            if (!solution.path.finished) continue;
            const auto [at, is_new] = known.try_emplace(solution.path.steps, candidates.size());
            if (is_new) {
                candidates.push_back({solution.path, {}, 0, 0});
                fresh.push_back(solution.path);
            }
            ++candidates[at->second].count;
        }
        if (fresh.empty() || scorer == nullptr) return;
        std::vector<Rating> ratings = meter.score(fresh);
        for (size_t i = 0; i < fresh.size(); ++i) {
            Candidate& candidate = candidates[candidates.size() - fresh.size() + i];
            candidate.score = ratings[i].score;
            candidate.scores = std::move(ratings[i].steps);
            if (options.watch)
                options.watch(
                    {Sight::What::opened, candidate.path, 0, candidate.score, {}, result.tokens});
        }
    });

    if (result.finished) return result; // at the public goal

    // The sum of an answer's scores, or nothing but the sample's own.
    std::map<std::string, double> sums;
    for (const Candidate& candidate : candidates)
        sums[options.canonical(candidate.path.steps.back())] += candidate.score * candidate.count;
    const auto answer_score = [&](const Candidate& candidate) {
        return options.vote == Vote::weighted ? sums[options.canonical(candidate.path.steps.back())]
                                              : candidate.score;
    };
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates) {
        if (best == nullptr || answer_score(candidate) > answer_score(*best) ||
            (answer_score(candidate) == answer_score(*best) && candidate.score > best->score))
            best = &candidate;
    }
    if (best != nullptr) {
        set_solution(result, best->path, best->scores);
        result.score = answer_score(*best);
        if (options.watch)
            options.watch({Sight::What::chosen, best->path, 0, best->score, {}, result.tokens});
    }
    return result;
}

} // namespace qstar::search
