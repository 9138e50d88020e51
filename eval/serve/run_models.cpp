#include "eval/serve/run_models.h"

#include "engine/io/files.h"
#include "search/models/run.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/run/run.h"

namespace qstar::eval {

void FairMutex::lock() {
    std::unique_lock lock(mutex_);
    const uint64_t mine = next_++;
    changed_.wait(lock, [&] { return now_ == mine; });
}

void FairMutex::unlock() {
    const std::lock_guard lock(mutex_);
    ++now_;
    changed_.notify_all();
}

RunModels::RunModels(std::string run, uint64_t seed) : run_(std::move(run)), seed_(seed) {
    train::require(run_, "sft", train::model_path(run_, "sft"));
    world_ = search::make_world(train::world_of(run_));
    models_ = std::make_unique<search::StageModels>(run_, seed_);
}

std::vector<std::string> RunModels::scorers() const {
    std::vector<std::string> found;
    for (const char* name : {"orm", "prm", "q", "reward", "reward-me"})
        if (exists(train::model_path(run_, name))) found.emplace_back(name);
    return found;
}

search::Reading RunModels::reading(const std::string& scorer) const {
    return search::reading_of(train::model_path(run_, scorer));
}

} // namespace qstar::eval
