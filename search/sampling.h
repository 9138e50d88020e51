#pragma once
// Whole solutions in growing batches, until there are enough or the budget is spent.
// Majority voting and best-of-N both begin here.

#include "search/method.h"

namespace qstar::search {

// Tells options.watch of a whole solution.
void see(const Options& options, const Solution& solution, int64_t tokens);

// With a public goal, solutions that miss it are left out, and the first that reaches it is
// put into `result` and ends the drawing.
// Calls use(batch) for each batch of new solutions; it returns the tokens that it spent
// itself (scoring). Counts expanded, generated and tokens into `result`.
void sample_solutions(Proposer& proposer, const std::string& problem, const Options& options,
                      Result& result, const std::function<int64_t(std::vector<Solution>&&)>& use);

} // namespace qstar::search
