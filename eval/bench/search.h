#pragma once
// `qstar eval bench search`: what batching gains. Each method solves the same problems
// twice, many at once and one after the other; the results are the same by contract
// (search/models/batcher.h) and are compared here. The figures are a run's own: its models, and
// problems of its dev split.

#include "eval/bench/bench.h"

namespace qstar::eval {

void bench_search(const BenchOptions& options);

} // namespace qstar::eval
