#pragma once
// Expert iteration: explore -> select -> imitate -> measure, in rounds.
//
// Anthony, Tian and Barber, "Thinking Fast and Slow with Deep Learning and Tree Search" (2017): an
// expensive way of solving finds solutions, a policy imitates those that are selected, and the next
// round explores with that policy. Self-play, STaR and distillation differ in how they explore and
// what they select; what they share stands here.

#include "search/models/gpt_proposer.h"
#include "search/problem/world.h"
#include "tokenizer/bpe.h"
#include "train/data/searched.h"
#include "train/run/trainer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qstar::train {

// What every round needs of the run.
struct IterationSetup {
    std::string run;
    uint64_t seed;
    std::unique_ptr<search::World> world;
    tokenizer::Tokenizer tokenizer;
    std::vector<std::string> dev; // problems on which rounds are measured

    search::GptProposer proposer(const engine::Gpt& policy) const;
    DevScore greedy(const engine::Gpt& policy) const; // on the dev problems
};
// `world`: empty: the run's.
IterationSetup prepare(const Stage& stage, const std::string& world, int64_t dev_problems);

// A round in its folder, and the policy with which it explores.
struct Round {
    int64_t number; // from 1; 0: the only one
    Stage& stage;
    const engine::Gpt& policy;
    std::string policy_file = {};
};

// A round's steps. Interrupted, a round begins again with explore(), which goes on with the files
// of the round's folder.
class Recipe {
  public:
    virtual ~Recipe() = default;
    // Looks for solutions.
    virtual Outcome explore(const Round& round) = 0;
    // Those that are imitated.
    virtual std::vector<CuratedItem> select(const Round& round) = 0;
    // At which share of the learning rates they are.
    virtual double rate(const Round&) const { return 1; }
    // What the round came to, for its done.json; `student` has learned.
    virtual Json measure(const Round& round, const engine::Gpt& student) = 0;
    // The same as a sentence, without its full stop.
    virtual std::string sentence(const Json& result) const = 0;
};

// How the selected items are imitated.
struct Imitation {
    LoopOptions loop;
    int64_t epochs = 1;
    std::string items = "learned";  // the file of the selected items, without .jsonl
    std::string student = "policy"; // the folder of the one who learns, in the round's
};

// One round in `round.stage`: its result, none if it was stopped. The model of the file `base`
// is tuned on the selected items; one of several rounds that selects none leaves it as it is.
std::optional<Json> play_round(Recipe& recipe, const Imitation& how, const Round& round,
                               const std::string& base);

struct Rounds {
    int64_t count = 1;
    std::string from;    // the stage whose model begins
    bool restart = true; // each round tunes the first model, not the last
};
std::string round_folder(int64_t number); // of the stage's: "round-1"
// Rounds 1 to `count` in folders of their own. The last student becomes the stage's model, the
// results, with the first model's (round 0), the lines of its metrics.jsonl. Gives the results;
// none if it was stopped.
std::optional<std::vector<Json>> play_rounds(Recipe& recipe, const Imitation& how,
                                             const Rounds& rounds, const IterationSetup& setup,
                                             const Stage& stage);

} // namespace qstar::train
