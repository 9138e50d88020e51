#include "eval/lessons/experiments/lesson_run.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/run/record.h"
#include "engine/run/run_folder.h"
#include "engine/text/joined.h"
#include "eval/measure/overlap.h"
#include "eval/measure/study.h"
#include "search/worlds/make_world.h"
#include "train/data/searched.h"
#include "train/run/old_record.h"
#include "train/run/stage.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace qstar::eval::lessons {

LessonRun::LessonRun(std::string run, uint64_t seed, search::StageModels& models)
    : run_(std::move(run)), seed_(seed), models_(models),
      world_(search::make_world(train::world_of(run_))), source_(train::problem_source_of(run_)) {}

// By this file one sees that a stage is there: labels may come from elsewhere, without a record.
std::string LessonRun::sign_of(const std::string& stage) const {
    const char* const name = stage == "sample"  ? "solutions.jsonl"
                             : stage == "rank"  ? "ranks.jsonl"
                             : stage == "label" ? "outcomes.jsonl"
                                                : "model.safetensors";
    return train::stage_file(run_, stage, name);
}

bool LessonRun::has(const std::string& stage) const { return exists(sign_of(stage)); }

std::string LessonRun::stage(const std::string& name) const {
    std::string own = "lessons/" + name;
    return !has(name) && exists(train::stage_file(run_, own, "done.json")) ? own : name;
}

std::string LessonRun::file(const std::string& name, const std::string& file) const {
    std::string path = train::stage_file(run_, stage(name), file);
    train::require(run_, name, path);
    return path;
}

void LessonRun::require(const std::string& stage) const { file(stage, "model.safetensors"); }

engine::Gpt& LessonRun::model(const std::string& name) {
    require(name);
    return models_.model(stage(name));
}

search::GptScorer& LessonRun::scorer(const std::string& name) {
    require(name);
    return *models_.scorer(stage(name));
}

Json LessonRun::flags(const std::string& name) const {
    const Json flags = train::flags_of_stage(run_, stage(name));
    return flags.is_object() ? train::by_flags(flags) : Json::object();
}

void LessonRun::require_class() const {
    const bool errs =
        std::any_of(source_.pupils.begin(), source_.pupils.end(),
                    [](const auto& one) { return one.name != "expert" && one.share > 0; });
    if (!errs)
        fail("{}: this lesson is about a class that errs, and nobody errs in this run's text: take "
             "it on another run, such as `qstar demo --quick --run runs/quick` makes",
             run_);
}

SearchSettings LessonRun::settings() const {
    SearchSettings settings;
    Flags flags;
    describe(flags, settings);
    if (const Json ladder = study("ladder"); ladder.is_object()) read_record(flags, ladder);
    return settings;
}

std::vector<std::string> LessonRun::problems(int64_t count) {
    std::vector<std::string> drawn = train::problems_for(run_, train::Split::test, count, seed_);
    check_overlap(run_, drawn);
    return drawn;
}

Measured LessonRun::solve(const std::vector<std::string>& problems, LadderEntry entry,
                          int64_t budget) {
    entry.policy = stage(entry.policy);
    if (entry.scorer != "none") entry.scorer = stage(entry.scorer);
    const std::vector<search::ProblemLine> lines = lines_of(problems);
    eval::Experiment experiment{*world_, lines, models_};
    experiment.seed = seed_;
    experiment.search = settings();
    experiment.quiet = true;
    return measure(experiment, entry, budget);
}

const std::vector<train::SampledSolution>& LessonRun::samples() {
    if (samples_.empty()) samples_ = train::read_solutions(file("sample", "solutions.jsonl"));
    return samples_;
}

Json LessonRun::study(const std::string& name) const { return read_study(run_, name); }

std::string LessonRun::folder() const { return join_path(run_, "lessons"); }

std::string in_words(const std::vector<std::string>& steps) { return joined(steps, ", then "); }

std::string policy_name(const std::string& stage) {
    if (stage.ends_with("self-play")) return "self-play's policy";
    return stage == "sft" ? "the tuned model" : "the model of " + stage;
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
