#pragma once
// What the experiments share: a run's models, held-out problems, and what was solved already.

#include "eval/claims/claim.h"
#include "eval/measure/measure.h"
#include "eval/measure/pool.h"
#include "eval/measure/study.h"
#include "search/problem/world.h"
#include "search/solve.h"
#include "train/data/worlds/split.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

inline constexpr int64_t kClaimsBudget = 600; // tokens a problem, of every search

struct Solved {
    std::vector<search::Result> results;
    std::vector<bool> right; // by the verifier, asked afterwards
    int64_t count() const;
    int64_t tokens() const; // of all
};

class ClaimContext {
  public:
    explicit ClaimContext(const ClaimsOptions& options);

    const ClaimsOptions& options() const { return options_; }
    const search::World& world() const { return *world_; }
    const tokenizer::Tokenizer& tokenizer() const { return models_.tokenizer(); }
    // The default number, or the demo's.
    int64_t size(int64_t full, int64_t quick) const {
        const int64_t asked = options_.quick ? quick : full;
        return options_.most > 0 ? std::min(asked, options_.most) : asked;
    }
    int64_t size(int64_t both) const { return size(both, both); }

    bool has(const std::string& stage) const; // its model
    // "sft and prm are not there; `qstar train prm --run DIR` makes the model" in `missing`,
    // and false, if one is not.
    bool needs(std::initializer_list<const char*> stages, Findings& missing) const;
    // Loaded once; Error if it is not there.
    engine::Gpt& model(const std::string& stage) { return models_.model(stage); }
    // What a study has left in the run's folder (measure/study.h); null if it is not there.
    Json study(const std::string& name) const { return read_study(options_.run, name); }
    // A JSON file of the run's folder; null if it is not there.
    Json file(const std::string& name) const;

    // The first held-out test problems of the seed. The first call compares all that will
    // ever be asked for with the run's training texts (overlap.h).
    std::vector<std::string> problems(int64_t count);
    void check(const std::vector<std::string>& problems) const; // others, as held-out

    Solved solve(const std::vector<std::string>& problems, const LadderEntry& solver);
    // Of the first `count` problems, solved once.
    const Solved& solved(int64_t count, const LadderEntry& solver);
    // The ORM that is of the PRM's kind, where the run has one: "orm-text" or "orm".
    std::string outcome_model() const;
    // Samples of the first `count` problems by a policy, 32 of each, quick 16, scored by that ORM
    // and the PRM. Drawn once, unless more are asked for later; stand until then.
    std::span<const Pool> pools(const std::string& policy, int64_t count);
    int64_t samples() const { return size(32, 16); }

  private:
    ClaimsOptions options_;
    std::unique_ptr<search::World> world_;
    search::StageModels models_;
    std::map<std::string, Solved> solved_;
    std::map<std::string, std::vector<Pool>> pools_;
    bool checked_ = false;
};

// Which of the problems a chooser of best_of_n.h gets right with all its samples. The scorer
// is the pools' number of it.
std::vector<bool> chosen(std::span<const Pool> pools, bool weighted, size_t scorer,
                         search::Aggregate aggregate);
int64_t count(const std::vector<bool>& flags);

} // namespace qstar::eval
