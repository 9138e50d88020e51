#include "eval/lessons/experiments/lesson_run.h"

#include "engine/base/elementary.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "eval/measure/overlap.h"
#include "eval/measure/study.h"
#include "search/worlds/make_world.h"
#include "train/data/searched.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace qstar::eval::lessons {

LessonRun::LessonRun(std::string run, uint64_t seed, search::StageModels& models)
    : run_(std::move(run)), seed_(seed), models_(models),
      world_(search::make_world(train::world_of(run_))), source_(train::problem_source_of(run_)) {}

void LessonRun::require(const std::string& stage) const {
    train::require(run_, stage, train::model_path(run_, stage));
}

void LessonRun::require(const std::string& stage, const std::string& file) const {
    train::require(run_, stage, train::stage_file(run_, stage, file));
}

std::vector<std::string> LessonRun::problems(int64_t count) {
    std::vector<std::string> drawn = train::problems_for(run_, train::Split::test, count, seed_);
    check_overlap(run_, drawn);
    return drawn;
}

Measured LessonRun::solve(const std::vector<std::string>& problems, const LadderEntry& entry,
                          int64_t budget) {
    const std::vector<search::ProblemLine> lines = lines_of(problems);
    eval::Experiment experiment{*world_, lines, models_};
    experiment.seed = seed_;
    experiment.quiet = true;
    return measure(experiment, entry, budget);
}

const std::vector<train::SampledSolution>& LessonRun::samples() {
    if (samples_.empty()) {
        require("sample", "solutions.jsonl");
        samples_ = train::read_solutions(train::stage_file(run_, "sample", "solutions.jsonl"));
    }
    return samples_;
}

Json LessonRun::study(const std::string& name) const { return read_study(run_, name); }

std::string LessonRun::folder() const { return join_path(run_, "lessons"); }

std::string in_words(const std::vector<std::string>& steps) {
    std::string text;
    for (const std::string& step : steps) text += (text.empty() ? "" : ", then ") + step;
    return text;
}

std::string share_text(int64_t solved, int64_t n) {
    const Interval interval = wilson(solved, n);
    return fmt::format("{:.1f} ({:.1f} - {:.1f})", percent_of(solved, n), 100 * interval.low,
                       100 * interval.high);
}

double percent_of(int64_t part, int64_t whole) {
    return whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double logit(double probability) {
    const double inside = std::clamp(probability, 1e-7, 1 - 1e-7);
    return math::log(inside / (1 - inside));
}

} // namespace qstar::eval::lessons
