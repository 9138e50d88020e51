#pragma once
// The run that a page shows: its world, and its models (search/models/stage_models.h), which its
// threads use by turns.

#include "search/models/stage_models.h"
#include "search/problem/world.h"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace qstar::eval {

// A mutex that is had in the order of asking: of two searches each gets every second call of
// the models, which std::mutex does not promise.
class FairMutex {
  public:
    void lock();
    void unlock();

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t next_ = 0, now_ = 0;
};

class RunModels {
  public:
    // Error if the run has no tuned model: "... is missing: run `qstar train sft` first".
    RunModels(std::string run, uint64_t seed);

    const std::string& run() const { return run_; }
    const search::World& world() const { return *world_; }
    uint64_t seed() const { return seed_; }
    // The reward models that the run has by now, of those that can score a search.
    std::vector<std::string> scorers() const;

    // How one of them is read (search/models/run.h).
    search::Reading reading(const std::string& scorer) const;

    FairMutex turn; // to be held while a model works
    // To be used with the turn held.
    search::StageModels& models() { return *models_; }

  private:
    std::string run_;
    uint64_t seed_;
    std::unique_ptr<search::World> world_;
    std::unique_ptr<search::StageModels> models_;
};

} // namespace qstar::eval
