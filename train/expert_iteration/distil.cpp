#include "train/expert_iteration/distil.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/run/resumable_map.h"
#include "train/supervised/sft.h"

#include <optional>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

void check(const DistilOptions& options) {
    check(flags_of(options));
    check(options.search);
    if (options.scorer == "none" &&
        search::needs_scorer(
            search::method_named(options.search.method),
            search::make_world(world_of(options.run, options.world))->public_goal()))
        fail("--method {} needs --scorer: a stage of a reward model", options.search.method);
}

Json record_of(DistilOptions options) {
    options.world = world_of(options.run, options.world);
    Json flags = stage_record(options);
    for (const std::string& stage : {options.teacher, options.scorer, options.from})
        if (stage != "none") flags["inputs"][stage] = input(model_path(options.run, stage));
    return flags;
}

} // namespace

void describe(Flags& f, DistilOptions& o) {
    describe(f, static_cast<LoopOptions&>(o));
    describe(f, o.search);
    f.text("teacher", o.teacher, "stage whose model searches");
    f.text("scorer", o.scorer, "stage whose model scores: prm, orm, q, ... or none");
    f.text("from", o.from, "stage whose model learns");
    f.number("problems", o.problems, 1, most, "training problems that are searched");
    f.number("epochs", o.epochs, 1, most, "passes over the solutions");
    f.choice("confirm", o.confirm, {"none", "verifier"},
             "learn all that was found (none), or what the verifier confirms (verifier)");
    f.number("dev-problems", o.dev_problems, 1, most, "on which both are measured");
    f.text("world", o.world, "world of the problems");
}

void distil(const DistilOptions& options) {
    check(options);
    for (const std::string& stage : {options.teacher, options.scorer, options.from})
        if (stage != "none") require(options.run, stage, model_path(options.run, stage));
    Stage stage(options, "distil", record_of(options));
    if (stage.done()) return;

    const uint64_t seed = seed_of(options);
    const auto world = search::make_world(world_of(options.run, options.world));
    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.run);
    const engine::Gpt teacher = load_model(options.run, options.teacher);
    check_vocab(teacher, tokenizer, options.run);
    search::GptProposer proposer(teacher, tokenizer, seed);
    std::optional<engine::Gpt> judge;
    std::optional<search::GptScorer> scorer;
    if (options.scorer != "none") {
        judge = load_model(options.run, options.scorer);
        scorer.emplace(*judge, tokenizer);
    }
    search::Scorer* const scores = scorer ? &*scorer : nullptr;

    // Step 1: the teacher searches.
    const auto problems = problems_for(options.run, Split::train, options.problems, seed);
    const auto searched =
        search_problems(stage, seed, problems, proposer, scores, options.search, *world);
    // Step 2: the student imitates what it found.
    int64_t right = 0;
    std::vector<CuratedItem> items;
    for (const SampledSolution& solution : searched) {
        if (!teachable(solution)) continue;
        const bool correct = world->solved({solution.problem, solution.steps, true});
        right += correct;
        if (correct || options.confirm == "none")
            items.push_back({solution.problem, solution.steps});
    }
    const std::string file = write_items(stage.path("learned.jsonl"), items);
    Stage student_stage(stage, "student", Json{{"learned", input(file)}});
    if (!student_stage.done())
        imitate(options, options.epochs, student_stage, load_model(options.run, options.from),
                items, file);
    if (!student_stage.done()) return; // told to stop

    // Step 3: both on dev problems, the student without a search.
    const auto dev = problems_for(options.run, Split::dev, options.dev_problems, seed);
    const engine::Gpt model = load_model(student_stage.model());
    search::GptProposer student(model, tokenizer, seed);
    const DevScore taught = score_on(dev, proposer, scores, options.search, *world);
    const DevScore learned = score_greedily(dev, student, *world);
    write_file_atomic(stage.model(), read_file(student_stage.model()));
    stage.finish(Json{{"problems", options.problems},
                      {"right", right},
                      {"items", items.size()},
                      {"dev_teacher", json_of(taught)},
                      {"dev_student", json_of(learned)}});
    if (!options.quiet)
        fmt::print("distil: of {} dev problems the search solves {} with {:.0f} tokens each, the "
                   "student without a search {} with {:.0f}\n",
                   taught.n, taught.solved, taught.tokens, learned.solved, learned.tokens);
}

} // namespace qstar::train
