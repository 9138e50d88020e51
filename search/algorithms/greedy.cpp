#include "search/algorithms/greedy.h"

#include "search/models/meter.h"
#include "search/models/sampling.h"

namespace qstar::search {

Result greedy(Proposer& proposer, const std::string& problem, const Options& options) {
    const ProposeRequest request{{problem, {}, false}, 1, 0, options.stream};
    Result result;
    const std::vector<Solution> solutions =
        Meter(proposer, nullptr, options, result).complete(request);
    for (const Solution& solution : solutions) {
        set_solution(result, solution.path);
        result.expanded = result.generated = static_cast<int64_t>(solution.path.steps.size());
        if (!solution.path.finished && result.tokens >= options.budget) result.ended = "tokens";
        for (const float log_prob : solution.log_probs) result.score += log_prob;
        see(options, solution, result.tokens);
        if (options.watch)
            options.watch(
                {Sight::What::chosen, solution.path, result.score, {}, {}, result.tokens});
    }
    return result;
}

} // namespace qstar::search
