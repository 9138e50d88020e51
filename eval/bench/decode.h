#pragma once
// `qstar eval bench decode`: generating text with a key/value cache, against PyTorch with
// a cache of its own and against llama.cpp.
//
// All have the same weights. A turn writes texts that fill the context, from one given
// token on, every other one drawn at temperature 1; tokens a second count what was fed.
// Before it is timed, all write the likeliest texts (temperature 0), which must agree.

#include "eval/bench/bench.h"

namespace qstar::eval {

void bench_decode(const BenchOptions& options);

} // namespace qstar::eval
