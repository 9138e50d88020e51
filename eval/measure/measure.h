#pragma once
// The one way to measure a solver: it solves all problems within a budget, then the verifier
// counts, and what it cost stands beside what it solved.

#include "engine/run/flags.h"
#include "eval/measure/interval.h"
#include "search/models/stage_models.h"
#include "search/problem/world.h"
#include "search/solve.h"
#include "search/worlds/problems.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qstar::eval {

// How a study's searches search.
struct SearchSettings {
    int width = 4, proposals = 8; // of the beam; draws for each expanded path
    double weight = 4;            // of h, in A* and Q*
    double temperature = 0.7;     // of all draws but greedy's
    bool n_best = false;          // the likeliest steps instead of draws
    std::string cost = "anew";    // what the budget counts
};
// Its numbers, by their ranges in search/problem/search_options.h.
void describe(Flags& f, SearchSettings& o);

// What the budget and the columns "tokens" and "evaluated" of a study count, in sentences.
std::string costs_text(const SearchSettings& o);

// --split, of the held-out problems.
void describe_split(Flags& f, std::string& split);
// Which held-out problems of which run: what most studies begin with.
template <class Options>
void describe_held_out(Flags& f, Options& o) {
    f.text("run", o.run, "the run's folder");
    f.seed(o.seed);
    describe_split(f, o.split);
    f.number("problems", o.problems, 1, kMost, "how many held-out problems");
}
// --budgets, tokens a problem.
void describe_budgets(Flags& f, std::vector<int64_t>& budgets);
// Error if there is none, or if they do not rise.
void check_rising(const std::vector<int64_t>& budgets);

// What a study asks: on which problems, with which settings of the searches.
struct Experiment {
    const search::World& world;
    const std::vector<search::ProblemLine>& problems;
    search::StageModels& models;
    uint64_t seed = 1;
    SearchSettings search = {};
    bool quiet = false;
};

// Who proposes, who scores, how it searches: a row of the ladder, of a curve, of a claim.
struct LadderEntry {
    std::string name = {}; // "best of N, PRM (minimum)"
    search::Method method = search::Method::greedy;
    std::string policy = "sft";                      // stages
    std::string scorer = "none";                     // or a reward model
    std::optional<search::Aggregate> aggregate = {}; // else as the scorer is read
    search::Vote vote = search::Vote::best;
    bool calculator = false; // see search/models/method.h
};

// Who taught the distilled policy of this folder of the run, by its record: A* with that policy and
// that scorer.
LadderEntry teacher_of(const std::string& run, const std::string& distil = "distil");

struct Measured {
    std::string method;
    int64_t budget = 0; // tokens a problem; 0: a single solution, no search
    int64_t solved = 0, n = 0;
    Interval interval;
    double tokens = 0;    // a problem, on average, really spent: each request read anew
    double evaluated = 0; // the same, evaluated (search/models/method.h)
    double expanded = 0;  // nodes a problem, on average
    double generated = 0; // steps drawn for a problem, on average
    double seconds = 0;   // for all problems
    std::vector<search::Result> results; // a problem each
    std::vector<bool> right;             // by the verifier, when solving was over
};

// Shows progress on a terminal. A budget of 0 is for greedy: its solution is as long as it is.
Measured measure(const Experiment& experiment, const LadderEntry& entry, int64_t budget);

std::vector<search::ProblemLine> lines_of(const std::vector<std::string>& problems);

} // namespace qstar::eval
