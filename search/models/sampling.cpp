#include "search/models/sampling.h"

#include "search/models/stream.h"

#include <algorithm>

namespace qstar::search {

void see(const Options& options, const Solution& solution, int64_t tokens) {
    if (!options.watch) return;
    double log_prob = 0;
    for (const float step : solution.log_probs) log_prob += static_cast<double>(step);
    options.watch({Sight::What::opened, solution.path, log_prob, {}, {}, tokens});
}

void sample_solutions(Meter& meter, const std::string& problem, const Options& options,
                      Result& result, const std::function<void(std::vector<Solution>&&)>& use) {
    const Path start{problem, {}, false};
    int64_t drawn = 0;
    for (int64_t size = 4, batch = 0; drawn < options.samples; size *= 2, ++batch) {
        if (meter.spent()) return;
        const int64_t samples =
            std::min({size, options.samples - drawn, meter.solutions(start, drawn)});
        if (samples < 1) {
            result.ended = "tokens";
            return;
        }
        int64_t spent = result.tokens;
        std::vector<Solution> solutions =
            meter.complete({start, static_cast<int>(samples), options.temperature,
                            mix(options.stream, static_cast<uint64_t>(batch))});
        if (solutions.empty()) return;
        drawn += static_cast<int64_t>(solutions.size());
        for (const Solution& solution : solutions) {
            see(options, solution, spent += solution.tokens);
            result.expanded += static_cast<int64_t>(solution.path.steps.size());
            result.generated += static_cast<int64_t>(solution.path.steps.size());
        }
        if (options.goal) {
            std::erase_if(solutions, [&](const Solution& solution) {
                return solution.path.finished && !options.goal(solution.path);
            });
            for (const Solution& solution : solutions) {
                if (!solution.path.finished) continue;
                if (options.watch)
                    options.watch({Sight::What::chosen, solution.path, 0, {}, {}, result.tokens});
                return set_solution(result, solution.path);
            }
        }
        use(std::move(solutions));
    }
    result.ended = "samples";
}

} // namespace qstar::search
