#pragma once
// How much more a label is worth when it is asked about a convincing wrong answer.
//
// Two PRMs learn from equally many labelled solutions, one of each problem: one from
// solutions as they were drawn, the other from those that a small selector PRM picked
// (train/annotation/select.h). At several sizes, the selected ones' worth is the number of uniform
// solutions that would give the same share of solved problems, found on the line through
// the uniform points over the logarithm of the size (Lightman et al. 2023, figure 4a: 2.6).

#include "engine/run/flags.h"
#include "eval/studies/best_of_n.h"

#include <span>
#include <vector>

namespace qstar::eval {

struct ActiveOptions {
    PoolOptions pool{.problems = 300, .samples = 64};
    int64_t candidates = 32; // solutions drawn of each training problem, to pick from
    double explore = 1;      // temperature of these draws
    int64_t selector = 1000; // solutions, one a problem, that the selector learns from
    std::vector<int64_t> sizes{500, 1000, 2000, 4000}; // labelled solutions
    int64_t n = 32;                                    // best of so many
    int64_t shuffles = 400;
};
void describe(Flags& f, ActiveOptions& o);

// The least-squares line y = a + b log(x), and the ratio of labels that lifts it from its
// value at x to y: exp((y - a) / b) / x. 0 if the line does not rise.
double label_worth(std::span<const double> sizes, std::span<const double> uniform, double size,
                   double value);

// All of it in DIR/active: labels, PRMs, table.json and table.md. Interrupted, it goes on.
void active(const ActiveOptions& options);

} // namespace qstar::eval
