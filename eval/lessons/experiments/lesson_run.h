#pragma once
// The run that a lesson is about: its world, its models, its held-out problems, its studies.

#include "engine/text/json.h"
#include "eval/measure/measure.h"
#include "search/models/stage_models.h"
#include "search/problem/world.h"
#include "tokenizer/bpe.h"
#include "train/data/labels.h"
#include "train/data/problem_source.h"
#include "train/run/run.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace qstar::eval::lessons {

// To be used by one thread at a time.
class LessonRun {
  public:
    // `models` must outlive it. Error if there is no such run.
    LessonRun(std::string run, uint64_t seed, search::StageModels& models);

    const std::string& run() const { return run_; }
    uint64_t seed() const { return seed_; }
    const search::World& world() const { return *world_; }
    search::StageModels& models() { return models_; }
    const tokenizer::Tokenizer& tokenizer() const { return models_.tokenizer(); }
    // The class and what draws its problems; without pupils in a run that has no corpus.
    const train::ProblemSource& source() const { return source_; }

    // Whether the run itself has the stage.
    bool has(const std::string& stage) const;
    // The name by which a stage is found: "prm", or "lessons/prm" where the run itself has none and
    // a lesson has made a small one (lacking.h).
    std::string stage(const std::string& name) const;
    // A file of it. Error, with the command that makes it, where it is not there.
    std::string file(const std::string& stage, const std::string& file) const;
    // The same of its model.
    void require(const std::string& stage) const;
    engine::Gpt& model(const std::string& stage);
    search::GptScorer& scorer(const std::string& stage);
    // Its flags on record; empty without them.
    Json flags(const std::string& stage) const;
    // Error unless the run's text was written by a class in which somebody errs.
    void require_class() const;
    // How the run's ladder searches, or else as a study does by itself.
    SearchSettings settings() const;
    // The first held-out test problems of the seed, as the studies take them, compared with the
    // training texts. Fewer where a run has no more.
    std::vector<std::string> problems(int64_t count);
    // Solves them as the ladder does, with stages as stage() finds them; a budget of 0 is for
    // greedy.
    Measured solve(const std::vector<std::string>& problems, LadderEntry entry, int64_t budget);
    // The sampled solutions of the run, read once. Error if there are none.
    const std::vector<train::SampledSolution>& samples();
    // What an experiment has looked for once, by a name of its choice; empty at first.
    std::string& memory(const std::string& name) { return memory_[name]; }
    // What a study has left in the run (measure/study.h); null if it is not there.
    Json study(const std::string& name) const;
    // The folder of what lessons write.
    std::string folder() const;

    // Told how much of an experiment is done, in [0, 1]; what it throws ends the experiment.
    std::function<void(double share, const std::string& what)> told = {};
    void tell(double share, const std::string& what) const {
        if (told) told(share, what);
    }
    // Smaller samples, for tests; the lessons' texts say how many there were.
    bool small = false;
    int64_t size(int64_t full, int64_t few) const { return small ? few : full; }

  private:
    std::string sign_of(const std::string& stage) const;

    std::string run_;
    uint64_t seed_;
    search::StageModels& models_;
    std::unique_ptr<search::World> world_;
    train::ProblemSource source_;
    std::vector<train::SampledSolution> samples_;
    std::map<std::string, std::string> memory_;
};

// "3*9-2, then 27-2, then 25".
std::string in_words(const std::vector<std::string>& steps);
// Of a stage: "self-play's policy", "the tuned model".
std::string policy_name(const std::string& stage);
// Of so many problems at least that exactly one of two solves a lesson says which is better: the
// interval of fewer is too narrow.
inline constexpr int64_t kLeastOfADuel = 10;
// "21.4 (12.3 - 34.5)", the share of right ones in per cent with its interval.
std::string share_text(int64_t solved, int64_t n);
double percent_of(int64_t part, int64_t whole); // 0 of nothing
double logit(double probability);               // of the open interval; its ends stay finite

} // namespace qstar::eval::lessons
