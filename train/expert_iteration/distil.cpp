#include "train/expert_iteration/distil.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/models/run.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/expert_iteration/expert_iteration.h"

#include <fmt/core.h>
#include <optional>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

void check(const DistilOptions& options) {
    check(flags_of(options));
    check(options.search);
    check_trains(options.loop, "distil", Learner::writes);
    if (options.scorer == "none" &&
        search::needs_scorer(
            search::method_named(options.search.method),
            search::make_world(world_of(options.stage.run, options.world))->public_goal()))
        fail("--method {} needs --scorer: a stage of a reward model", options.search.method);
}

Json record_of(DistilOptions options) {
    options.world = world_of(options.stage.run, options.world);
    Json flags = stage_record(options);
    for (const std::string& stage : {options.teacher, options.scorer, options.from})
        if (stage != "none") flags["inputs"][stage] = input(model_path(options.stage.run, stage));
    return flags;
}

class Distil : public Recipe {
  public:
    Distil(const DistilOptions& options, const IterationSetup& setup)
        : options_(options), setup_(setup) {
        if (options.scorer == "none") return;
        reward_model_ = load_model(options.stage.run, options.scorer);
        const std::string file = model_path(options.stage.run, options.scorer);
        scorer_.emplace(*reward_model_, setup.tokenizer, search::reading_of(file));
    }

    // The teacher searches.
    Outcome explore(const Round& round) override {
        search::GptProposer proposer = setup_.proposer(round.policy);
        const auto problems =
            problems_for(setup_.run, Split::train, options_.problems, setup_.seed);
        searched_ = search_problems(round.stage, setup_.seed, problems, proposer, scorer(),
                                    options_.search, *setup_.world);
        return Outcome::finished;
    }

    // The student imitates what it found.
    std::vector<CuratedItem> select(const Round&) override {
        std::vector<CuratedItem> items;
        for (const SampledSolution& solution : searched_) {
            if (!teachable(solution)) continue;
            const bool correct = setup_.world->solved({solution.problem, solution.steps, true});
            right_ += correct;
            if (correct || options_.confirm == "none")
                items.push_back({solution.problem, solution.steps});
        }
        items_ = items.size();
        if (items.empty())
            fail("distil: the teacher's search found no solution of {} problems that could be "
                 "learned: expected one at least, as a teacher finds that was trained for longer",
                 options_.problems);
        return items;
    }

    // Both on dev problems, the student without a search.
    Json measure(const Round& round, const engine::Gpt& student) override {
        search::GptProposer teacher = setup_.proposer(round.policy);
        const DevScore taught =
            score_on(setup_.dev, teacher, scorer(), options_.search, *setup_.world);
        return Json{{"problems", options_.problems},
                    {"right", right_},
                    {"items", items_},
                    {"dev_teacher", json_of(taught)},
                    {"dev_student", json_of(setup_.greedy(student))}};
    }

    std::string sentence(const Json& result) const override {
        const Json &taught = result["dev_teacher"], &learned = result["dev_student"];
        return fmt::format(
            "of {} dev problems the search solves {} with {:.0f} tokens each, the student without "
            "a search {} with {:.0f}",
            taught["n"].get<int64_t>(), taught["solved"].get<int64_t>(),
            taught["tokens"].get<double>(), learned["solved"].get<int64_t>(),
            learned["tokens"].get<double>());
    }

  private:
    search::Scorer* scorer() { return scorer_ ? &*scorer_ : nullptr; }

    const DistilOptions& options_;
    const IterationSetup& setup_;
    std::optional<engine::Gpt> reward_model_;
    std::optional<search::GptScorer> scorer_;
    std::vector<SampledSolution> searched_;
    int64_t right_ = 0;
    size_t items_ = 0;
};

} // namespace

void describe(Flags& f, DistilOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    describe(f, o.search);
    f.text("teacher", o.teacher, "stage whose model searches");
    f.text("scorer", o.scorer, "stage whose model scores: prm, orm, q, ... or none");
    f.text("from", o.from, "stage whose model learns");
    f.number("problems", o.problems, 1, kMost, "training problems that are searched");
    f.number("epochs", o.epochs, 1, kMost, "passes over the solutions");
    f.choice("confirm", o.confirm, {"none", "verifier"},
             "learn all that was found (none), or what the verifier confirms (verifier)");
    f.number("dev-problems", o.dev_problems, 1, kMost, "on which both are measured");
    search::world_flag(f, o.world);
}

Outcome distil(const DistilOptions& options) {
    check(options);
    for (const std::string& stage : {options.teacher, options.scorer, options.from})
        if (stage != "none")
            require(options.stage.run, stage, model_path(options.stage.run, stage));
    Stage stage(options.stage, "distil", record_of(options));
    if (stage.done()) return Outcome::finished;

    const IterationSetup setup = prepare(stage, options.world, options.dev_problems);
    const engine::Gpt teacher = load_model(options.stage.run, options.teacher);
    check_vocab(teacher, setup.tokenizer, options.stage.run);
    Distil recipe(options, setup);
    load_model(options.stage.run, options.from); // refused before the search, not after it
    const auto result =
        play_round(recipe, {options.loop, options.epochs, "learned", "student"},
                   {0, stage, teacher}, model_path(options.stage.run, options.from));
    if (!result) return Outcome::stopped;
    write_file_atomic(stage.model(), read_file(stage.path("student/model.safetensors")));
    stage.finish(*result);
    if (!options.stage.quiet) fmt::print("distil: {}\n", recipe.sentence(*result));
    return Outcome::finished;
}

} // namespace qstar::train
