#pragma once
// Roll-outs for Q-learning: what the policy wrote, where it led, and what else it could
// have written.
//
// A line of DIR/q/rollouts.jsonl is a different solution of a problem, how often it was
// drawn, whether its answer is right, and after each step what else could be written next:
//   {"problem": ..., "steps": [...], "finished": true, "right": true, "count": 3,
//    "next": [[{"text": "27-2", "final": false}, ...], []]}

#include "search/models/proposer.h"
#include "train/annotation/rollout.h"
#include "train/run/stage.h"

#include <compare>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct ExploreOptions {
    int64_t samples = 8;   // roll-outs of a problem
    int64_t proposals = 8; // draws of the next step at each of their states
    double temperature = 0.7;
};
void describe(Flags& f, ExploreOptions& o);

struct NextStep {
    std::string text;
    bool final = false;
    auto operator<=>(const NextStep&) const = default;
};
struct Rollout {
    search::Path path;
    bool right = false; // finished, with the right answer
    int64_t count = 1;  // times drawn
    // After each step of the path, the different next steps that are known there: those
    // proposed and those of other roll-outs. Empty after a final step.
    std::vector<std::vector<NextStep>> next;
};
Json json_of(const Rollout& rollout);
std::vector<Rollout> read_rollouts(const std::string& path); // Error FILE:LINE

// Rolls the policy out from these states; what has a held-out line (split.h) is left out.
// `first` is the number of the first state, for the random streams.
std::vector<Rollout> draw_rollouts(search::Proposer& proposer, const RightAnswer& right,
                                   std::span<const search::Path> starts, int64_t first,
                                   const ExploreOptions& options);

// The problems that teach something: those that a roll-out did not solve, and of the others the
// share `easy`, by the seed and the problem alone.
std::set<std::string> worth_learning(std::span<const Rollout> rollouts, double easy, uint64_t seed);

// The states in which nothing is written yet.
std::vector<search::Path> beginnings(std::span<const std::string> problems);

// DIR/STAGE/rollouts.jsonl from all states, in pieces (resumable_map.h).
void make_rollouts(const Stage& stage, std::span<const search::Path> starts,
                   search::Proposer& proposer, const search::World& world,
                   const ExploreOptions& options);

} // namespace qstar::train
