#pragma once
// PRM, ORM and majority over N, as a curve.
//
// The protocol of Lightman et al., "Let's Verify Step by Step" (2023; eval/ of
// github.com/openai/prm800k): of each problem a fixed pool of samples, scored once. Then,
// 400 times, the pools are shuffled, and for every N each method chooses among the first N
// samples of each problem. A point of the curve is the mean share of problems solved, and
// its spread the standard deviation over the shuffles.

#include "engine/run/flags.h"
#include "eval/measure/interval.h"
#include "eval/measure/pool.h"
#include "eval/measure/table.h"
#include "search/models/method.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

// How one of N samples is chosen.
struct Chooser {
    enum class Rule {
        first,             // no choice: a single sample, at any N
        majority,          // the answer with the most samples
        best,              // the sample with the highest score
        weighted,          // the answer with the largest sum of scores
        majority_of_bests, // the answer that is most often the best of a few (problem/vote.h)
        any                // right if any sample is: no method, the pool's upper bound
    };
    std::string name; // "PRM (minimum)"
    Rule rule = Rule::first;
    size_t scorer = 0; // of rules with scores: which of the pool's
    search::Aggregate aggregate = search::Aggregate::product;
};
// All that make sense for these scorers, each with its reading (search/models/scorer.h).
std::vector<Chooser> choosers_for(const std::vector<std::string>& scorers,
                                  const std::vector<search::Reading>& readings);

struct CurvePoint {
    std::string chooser;
    int64_t n = 0;        // samples
    double mean = 0;      // share of problems solved
    double deviation = 0; // of that share over the shuffles
    double tokens = 0;    // a problem: written, and each different solution read by the scorer
    Interval interval;    // 95 %, of the mean: the problems are a sample, too
};
// Error if a pool has fewer samples than the largest N.
std::vector<CurvePoint> curve_of(std::span<const Pool> pools, std::span<const Chooser> choosers,
                                 std::span<const int64_t> sizes, int64_t shuffles, uint64_t seed);

struct BestOfNOptions {
    PoolOptions pool;
    std::vector<int64_t> sizes{1, 2, 4, 8, 16, 32, 64};
    int64_t shuffles = 400;
};
void describe(Flags& f, BestOfNOptions& o);
Table table_of(std::span<const CurvePoint> curve);
std::string markdown(std::span<const CurvePoint> curve, const BestOfNOptions& options);

// Measures, prints, and writes DIR/best-of-n.json and DIR/best-of-n.md.
void best_of_n(const BestOfNOptions& options);

} // namespace qstar::eval
