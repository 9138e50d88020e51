#include "search/problem/search_options.h"

#include "engine/base/error.h"

#include <string>

namespace qstar::search {

namespace {

struct SearchOption {
    std::string_view name;
    double low, high;
    const char* help;
    bool above = false; // low itself is none of them
};

constexpr double kLongestCount = double{int64_t{1} << 40};

constexpr SearchOption kSearchOptionList[] = {
    {"budget", 1, kLongestCount, "model tokens for each problem, proposed and scored"},
    {"samples", 1, INT32_MAX, "majority, best-of-n: at most so many solutions (puzzles: walks)"},
    {"width", 1, kMost, "beam: paths kept, or states"},
    {"proposals", 1, 1e6, "beam, mcts, astar, qstar: draws for each expanded path"},
    {"weight", 0, kMost, "astar, qstar: of the heuristic, f = g + weight * h"},
    {"batch", 1, kMost, "astar, qstar: nodes expanded together"},
    {"explore", 0, kMost, "mcts: weight of what was visited little"},
    {"temperature", 0, 100, "of all draws but greedy's"},
    {"seconds", 0, kMost, "budget, for each problem; 0: no bound"},
    {"nodes", 0, double{UINT32_MAX} - 2,
     "budget: states kept, for each problem; 0: a million, of a hashed beam 200 times its width"},
    {"evaluations", 0, kLongestCount, "budget: states that the heuristic rates; 0: no bound"},
    {"step-tokens", 1, 100'000, "of a step at most"},
    {"steps", 1, 1e6, "of a solution at most; texts that contain their search need hundreds: 1000"},
    {"top-k", 0, kMost, "draw from the so many likeliest tokens; 0: all"},
    {"top-p", 0, 1, "draw from the likeliest tokens that together have this probability; 1: all",
     true},
};

} // namespace

Flag& search_option(Flags& f, std::string_view name, Place place) {
    for (const SearchOption& option : kSearchOptionList) {
        if (option.name != name) continue;
        return option.above
                   ? f.number_above(std::string(name), place, option.low, option.high, option.help)
                   : f.number(std::string(name), place, option.low, option.high, option.help);
    }
    fail("no search has an option \"{}\"", name);
}

void describe_cost(Flags& f, std::string& cost) {
    f.choice("cost", cost, {"anew", "evaluated"},
             "what the budget counts: each request's whole text, or what the networks evaluate")
        .only_if(cost != "anew");
}

void describe(Flags& f, SearchOptions& o) {
    search_option(f, "samples", o.samples);
    search_option(f, "width", o.width);
    search_option(f, "weight", o.weight);
    search_option(f, "batch", o.batch);
    search_option(f, "explore", o.explore);
    search_option(f, "seconds", o.seconds);
}

} // namespace qstar::search
