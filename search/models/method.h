#pragma once
// What every search over reasoning steps takes and gives back.
//
// It uses nothing but the models: no verifier. It takes one problem as if it were alone;
// batches over many problems are made by batcher.h.
//
// The budget counts model tokens, proposed and scored, of one problem, in one of two ways. Read
// anew: each request costs its whole path (Result.tokens). Evaluated: a token counts once for each
// network that reads it, in tokens of the policy by its multiply-adds, and a head on the policy's
// trunk its own alone (Result.evaluated). All calls go through a meter (cost/meter.h), so what was
// really spent is never above the budget. A method whose budget ends says so (Result.ended) and
// gives the best that it has.

#include "search/models/proposer.h"
#include "search/models/scorer.h"
#include "search/models/tree.h"
#include "search/problem/path.h"
#include "search/problem/public_rules.h"
#include "search/problem/search_options.h"
#include "search/problem/vote.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qstar::search {

// One number for a path from the scores of its steps (Lightman et al. 2023 compare
// product and minimum; an ORM is read at its last step).
enum class Aggregate { product, minimum, last };
enum class StepCost { log_prob, unit };   // A*: -log p(step) or 1
enum class Cost { read_anew, evaluated }; // what the budget counts

struct Options {
    SearchOptions shared;
    int64_t budget = 4096; // tokens for each problem
    Cost cost = Cost::read_anew;
    int proposals = 8;     // beam, MCTS, A*, Q*: draws for each expanded path
    float temperature = 1; // of all draws but greedy's
    Aggregate aggregate = Aggregate::product;
    Vote vote = Vote::best;
    StepCost step_cost = StepCost::log_prob;
    uint64_t stream = 0;  // random stream of this problem
    bool partial = false; // A*, Q*: an expanded path stays open for the steps that were not drawn
    bool n_best = false;  // beam, MCTS, A*, Q*: next steps are not drawn, but the likeliest ones in
                          // order (n_best.cpp)
    bool calculator = false; // of all proposals: see ProposeRequest
    // Told of every path that is made, expanded or chosen, in order, while the search runs.
    std::function<void(const SearchEvent&)> observer;
    // What may be known of the world; it must outlive the search.
    const PublicRules* rules = &no_rules;
};

// Its numbers, and whether the likeliest steps are taken; what is chosen by name, the command says.
void describe(Flags& f, Options& o);

// `ended`: "answer", "exhausted", "samples", or the budget: "tokens", "seconds". `expanded`: paths
// whose next step was asked for; `generated`: steps drawn.
struct Result : SearchResult {
    std::string answer; // empty if no solution was finished
    std::vector<std::string> steps;
    bool finished = false;
    int64_t tokens = 0;             // of the models, each request read anew
    double evaluated = 0;           // the same, evaluated; 0 by doubles of tests
    std::vector<float> step_scores; // of `steps`, if a scorer rated them
    double score = 0; // by which this solution was chosen: votes, aggregate, or f for A*
};

// How a path's score is read from those of its steps unless it was chosen: a scorer that rates
// each step by the product, one that rates the whole solution at the last step.
Aggregate aggregate_for(Reading reading);

// in [0, 1]; 1 for a path without steps
double aggregate(Aggregate how, const std::vector<float>& scores);

// Puts a path into a result; its last line is the answer if it is finished.
void set_solution(Result& result, const Path& path, std::vector<float> scores = {});

} // namespace qstar::search
