#include "search/algorithms/majority.h"

#include "search/models/sampling.h"

namespace qstar::search {

Result majority(Proposer& proposer, const std::string& problem, const Options& options) {
    struct Candidate {
        std::string answer;
        Path path;
        int votes = 0;
    };
    std::vector<Candidate> candidates; // in order of first appearance
    Result result;
    int voters = 0;
    Meter meter(proposer, nullptr, options, result);
    sample_solutions(meter, problem, options, result, [&](std::vector<Solution>&& solutions) {
        for (Solution& solution : solutions) {
            if (!solution.path.finished) continue;
            ++voters;
            const std::string answer = options.canonical(solution.path.steps.back());
            Candidate* candidate = nullptr;
            for (Candidate& known : candidates)
                if (known.answer == answer) candidate = &known;
            if (candidate == nullptr)
                candidate = &candidates.emplace_back(Candidate{answer, solution.path, 0});
            ++candidate->votes;
        }
    });
    if (result.finished) return result; // at the public goal
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates)
        if (best == nullptr || candidate.votes > best->votes) best = &candidate;
    if (best != nullptr) {
        set_solution(result, best->path);
        result.answer = best->answer;
        result.score = static_cast<double>(best->votes) / voters;
        if (options.watch)
            options.watch({Sight::What::chosen, best->path, 0, {}, {}, result.tokens});
    }
    return result;
}

} // namespace qstar::search
