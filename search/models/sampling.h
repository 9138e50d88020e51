#pragma once
// Whole solutions in growing batches, until there are enough or the budget is spent.
// Majority voting and best-of-N both begin here.

#include "search/models/meter.h"

namespace qstar::search {

// Tells options.watch of a whole solution.
void see(const Options& options, const Solution& solution, int64_t tokens);

// With a public goal, solutions that miss it are left out, and the first that reaches it is
// put into `result` and ends the drawing.
// Calls use(batch) for each batch of new solutions. Counts expanded and generated into
// `result`, the meter counts tokens.
void sample_solutions(Meter& meter, const std::string& problem, const Options& options,
                      Result& result, const std::function<void(std::vector<Solution>&&)>& use);

} // namespace qstar::search
