#pragma once
// `qstar eval serve`: a local page on which one can watch a search, rank answers, label steps
// and train the reward model of the ranks anew.

#include "engine/run/flags.h"
#include <cstdint>
#include <string>

namespace qstar::eval {

struct ServeOptions {
    std::string run = "runs/demo";
    std::string puzzles; // run whose networks solve puzzles; empty: the same
    std::string host = "127.0.0.1";
    int port = 8017; // 0: any that is free
    uint64_t seed = 1;
    std::string token; // empty: a random one
};

// Prints the page's address, serves until SIGINT or SIGTERM comes, and returns when all
// connections are closed. Error if the run has no tuned model, or the port cannot be had.
void describe(Flags& f, ServeOptions& o);
void serve(const ServeOptions& options);

} // namespace qstar::eval
