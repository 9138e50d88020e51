#pragma once
// A fixed pool of samples: drawn once, scored once, and then asked many questions.
//
// What a method that chooses among N samples solves can be read off such a pool for every
// N, without drawing again (best_of_n.h), and so can what it would have saved by giving up
// a sample early (early_stop.h).

#include "engine/run/flags.h"
#include "search/problem/path.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

struct PoolOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    std::string split = "test"; // or "dev", for tuning
    int64_t problems = 200;
    int64_t samples = 128; // of each problem
    double temperature = 0.7;
    std::string policy = "sft";                     // the stage whose model draws
    std::vector<std::string> scorers{"orm", "prm"}; // stages of reward models
    bool quiet = false;
};

struct PoolSample {
    search::Path path;
    std::string answer;                     // canonical; empty without an end
    bool right = false;                     // by the verifier, asked afterwards
    std::vector<std::vector<float>> scores; // of its steps, by each scorer; empty without an end
    std::vector<int64_t> step_tokens;       // tokens of each step, its end token included
};
struct Pool {
    std::string problem;
    int64_t prompt_tokens = 0;
    std::vector<PoolSample> samples;
};

// Error for flags out of their range.
void describe(Flags& f, PoolOptions& o);
void check(const PoolOptions& options);
// Error as by the ladder if a training text of the run holds one of the problems.
std::vector<Pool> draw_pools(const PoolOptions& options);
// Of these problems, which the caller has compared with the training texts.
std::vector<Pool> draw_pools(const PoolOptions& options, std::span<const std::string> problems);

} // namespace qstar::eval
