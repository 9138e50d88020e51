#include "train/expert_iteration/star.h"

#include "engine/base/range.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/expert_iteration/expert_iteration.h"
#include "train/run/corpus_format.h"
#include "train/run/resumable_map.h"

#include <fmt/core.h>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

Json record_of(StarOptions options) {
    options.world = world_of(options.stage.run, options.world);
    Json flags = stage_record(options);
    flags["inputs"] = {{"model.safetensors", input(model_path(options.stage.run, options.from))}};
    return flags;
}

// The likeliest solution of each problem, NAME in the stage's folder.
std::vector<SampledSolution> write_solutions(const Stage& stage, const std::string& name,
                                             std::span<const std::string> problems,
                                             search::Proposer& proposer) {
    constexpr int64_t kChunkProblems = 256;
    return read_solutions(resumable_map(
        stage, name, "problems", static_cast<int64_t>(problems.size()), kChunkProblems,
        [&](int64_t first, int64_t count) {
            std::vector<search::ProposeRequest> requests;
            for (int64_t i = first; i < first + count; ++i)
                requests.push_back({{problems[static_cast<size_t>(i)], {}, false}, 1, 0, 0});
            std::vector<Json> lines;
            for (const auto& solutions : proposer.complete(requests))
                for (const search::Solution& solution : solutions)
                    lines.push_back(json_of(SampledSolution{
                        solution.path.problem, solution.path.steps, solution.path.finished}));
            return lines;
        }));
}

bool is_right(const SampledSolution& solution, const std::string& problem,
              const search::World& world) {
    return world.solved({problem, solution.steps, solution.finished});
}

class Star : public Recipe {
  public:
    Star(const StarOptions& options, const IterationSetup& setup)
        : options_(options), setup_(setup),
          problems_(problems_for(setup.run, Split::train, options.problems, setup.seed)) {}

    // Steps 1 and 2: rationales, and again with the answer as a hint.
    Outcome explore(const Round& round) override {
        const search::World& world = *setup_.world;
        search::GptProposer proposer = setup_.proposer(round.policy);
        const auto solutions =
            write_solutions(round.stage, "rationales.jsonl", problems_, proposer);
        std::vector<std::string> with_hints;
        for (const SampledSolution& solution : solutions)
            if (options_.rationalise && !is_right(solution, solution.problem, world))
                with_hints.push_back(hinted(solution.problem, world.answer(solution.problem)));
        const auto rationalised =
            write_solutions(round.stage, "rationalised.jsonl", with_hints, proposer);
        hints_ = with_hints.size();
        kept_ = right_ones(solutions, rationalised, world); // step 3
        return Outcome::finished;
    }

    // Step 4: the right ones, each also with its hint before it.
    std::vector<CuratedItem> select(const Round&) override {
        std::vector<CuratedItem> items = kept_.rationales;
        items.insert(items.end(), kept_.rationalised.begin(), kept_.rationalised.end());
        for (size_t i = 0, n = items.size(); options_.rationalise && i < n; ++i)
            items.push_back({hinted(items[i].problem, setup_.world->answer(items[i].problem)),
                             items[i].solution});
        return items;
    }

    Json measure(const Round&, const engine::Gpt& student) override {
        return Json{{"problems", problems_.size()},
                    {"rationales", kept_.rationales.size()},
                    {"rationalised", kept_.rationalised.size()},
                    {"hints", hints_},
                    {"sound_rationales", sound_share(kept_.rationales, *setup_.world)},
                    {"sound_rationalised", sound_share(kept_.rationalised, *setup_.world)},
                    {"dev_greedy", json_of(setup_.greedy(student))}};
    }

    std::string sentence(const Json& result) const override {
        std::string text = fmt::format("greedy {} of {} dev problems",
                                       result["dev_greedy"]["solved"].get<int64_t>(),
                                       result["dev_greedy"]["n"].get<int64_t>());
        if (result.contains("hints"))
            text +=
                fmt::format("; learned from {} rationales and {} of {} with a hint",
                            result["rationales"].get<int64_t>(),
                            result["rationalised"].get<int64_t>(), result["hints"].get<int64_t>());
        return text;
    }

  private:
    const StarOptions& options_;
    const IterationSetup& setup_;
    std::vector<std::string> problems_;
    StarItems kept_; // of the round
    size_t hints_ = 0;
};

} // namespace

std::string hinted(const std::string& problem, const std::string& answer) {
    return problem + "=" + answer;
}

StarItems right_ones(std::span<const SampledSolution> solutions,
                     std::span<const SampledSolution> with_hint, const search::World& world) {
    StarItems items;
    for (const SampledSolution& solution : solutions)
        if (teachable(solution) && is_right(solution, solution.problem, world))
            items.rationales.push_back({solution.problem, solution.steps});
    for (const SampledSolution& solution : with_hint) {
        const std::string problem = solution.problem.substr(0, solution.problem.rfind('='));
        if (teachable(solution) && is_right(solution, problem, world))
            items.rationalised.push_back({problem, solution.steps});
    }
    return items;
}

void describe(Flags& f, StarOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.text("from", o.from, "stage whose model begins");
    f.number("rounds", o.rounds, 1, 100'000, "of writing and learning");
    f.number("problems", o.problems, 1, kMost, "training problems");
    f.number("epochs", o.epochs, 1, kMost, "passes over what a round found");
    f.truth("rationalise", o.rationalise, "try again with the answer as a hint");
    f.number("dev-problems", o.dev_problems, 1, kMost, "on which each round is measured");
    search::world_flag(f, o.world);
}

Outcome star(const StarOptions& options) {
    check(flags_of(options));
    check_trains(options.loop, "star", Learner::writes);
    if (options.rationalise) require_steps(options.stage.run, "train star --rationalise");
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    Stage stage(options.stage, "star", record_of(options));
    if (stage.done()) return Outcome::finished;

    const IterationSetup setup = prepare(stage, options.world, options.dev_problems);
    Star recipe(options, setup);
    const auto rounds = play_rounds(recipe, {options.loop, options.epochs},
                                    {options.rounds, options.from}, setup, stage);
    if (!rounds) return Outcome::stopped;
    stage.finish(Json{{"rounds", *rounds}});
    return Outcome::finished;
}

} // namespace qstar::train
