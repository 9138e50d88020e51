#pragma once
// Search at training time: a policy and a scorer solve training problems for others to
// learn from, and dev problems to see how far they are. No verifier speaks while they
// search.

#include "search/problem/world.h"
#include "search/solve.h"
#include "train/data/corpus.h"
#include "train/data/labels.h"
#include "train/run/stage.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct SearchFlags {
    std::string method = "astar"; // of search::method_named
    int64_t budget = 600;         // tokens a problem
    int64_t proposals = 8;        // beam and A*: draws for each expanded path
    int64_t width = 4;            // beam
    double weight = 4;            // A*: of h
    double temperature = 0.7;
    std::string aggregate = "product";
};
// Error for what no search can be made with.
void check(const SearchFlags& flags);
void describe(Flags& f, SearchFlags& o);
search::Options options_of(const SearchFlags& flags, const search::World& world);

// The solutions of all problems in order, searched.jsonl of the stage, in pieces (resumable_map.h);
// one that found no answer has finished = false. The scorer may be null where the method
// can do without.
std::vector<SampledSolution> search_problems(const Stage& stage, uint64_t seed,
                                             std::span<const std::string> problems,
                                             search::Proposer& proposer, search::Scorer* scorer,
                                             const SearchFlags& flags, const search::World& world);

// The solutions to learn from: finished, without a held-out line (split.h).
bool teachable(const SampledSolution& solution);

// Share of the items all of whose steps are right. For the log; nothing depends on it.
double sound_share(std::span<const CuratedItem> items, const search::World& world);

// Writes them in the form of corpus/curated.jsonl (corpus.h), so that
// eval/measure/overlap.h finds what was learned. Gives the path.
std::string write_items(const std::string& path, std::span<const CuratedItem> items);

// `count` problems of the run's world, of the kind that its corpus has (of arithmetic, those
// of 3 operands and more).
std::vector<std::string> problems_for(const std::string& run, Split split, int64_t count,
                                      uint64_t seed);

struct DevScore {
    int64_t solved = 0, n = 0;
    double tokens = 0; // a problem
};
Json json_of(const DevScore& score);
// How many dev problems are solved by greedy decoding (no scorer, method "greedy") or by a
// search; the verifier is asked afterwards.
DevScore score_on(std::span<const std::string> problems, search::Proposer& proposer,
                  search::Scorer* scorer, const SearchFlags& flags, const search::World& world);
DevScore score_greedily(std::span<const std::string> problems, search::Proposer& proposer,
                        const search::World& world);

} // namespace qstar::train
