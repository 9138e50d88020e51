#include "eval/studies/ladder.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "eval/measure/overlap.h"
#include "eval/measure/study.h"
#include "search/problem/world.h"
#include "search/results.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/data/searched.h"
#include "train/run/run.h"

#include <fmt/core.h>

namespace qstar::eval {

namespace {

// `annotated`: solutions have a calculator's annotations.
std::vector<LadderEntry> single_solutions(const LadderOptions& options,
                                          const search::StageModels& models, bool annotated) {
    using search::Method;
    std::vector<LadderEntry> entries{{"base model, greedy", Method::greedy, "pretrain"},
                                     {"tuned model, greedy", Method::greedy, "sft"}};
    if (annotated) {
        entries.push_back({"tuned model, greedy, with a calculator"});
        entries.back().calculator = true;
    }
    if (models.has("self-play"))
        entries.push_back({"self-play's policy, greedy", Method::greedy, "self-play"});
    if (models.has("distil"))
        entries.push_back({"distilled policy, greedy", Method::greedy, "distil"});
    for (const std::string& stage : options.policies)
        entries.push_back({stage + ", greedy", Method::greedy, stage});
    return entries;
}

// The last rungs are what Q* is by its name, part by part: self-play's policy, with the PRM, and
// with the Q that is learned from its own roll-outs.
std::vector<LadderEntry> searches(const LadderOptions& options, const search::StageModels& models) {
    using search::Aggregate, search::Method, search::Vote;
    const std::string& policy = options.policy;
    std::vector<LadderEntry> entries{
        {"majority", Method::majority, policy},
        {"best of N, ORM", Method::best_of_n, policy, "orm"},
        {"weighted vote, ORM", Method::best_of_n, policy, "orm", {}, Vote::weighted},
        {"majority of the bests, ORM", Method::best_of_n, policy, "orm", {}, Vote::bests},
        // The same labels, learned by next-token prediction: the cure of the ORM.
        {"best of N, generative ORM", Method::best_of_n, policy, "orm-text"},
        {"best of N, PRM (minimum)", Method::best_of_n, policy, "prm", Aggregate::minimum},
        {"best of N, PRM (product)", Method::best_of_n, policy, "prm"},
        {"majority of the bests, PRM", Method::best_of_n, policy, "prm", Aggregate::minimum,
         Vote::bests},
        {"step beam, PRM", Method::beam, policy, "prm"},
        {"MCTS, PRM", Method::mcts, policy, "prm"},
        {"A*, PRM", Method::astar, policy, "prm"},
        {"Q*, learned Q", Method::qstar, policy, "q"},
    };
    for (const char* stage : {"orm-text", "q"}) // not every run has them
        if (!models.has(stage))
            std::erase_if(entries, [&](const LadderEntry& e) { return e.scorer == stage; });
    if (!models.has("self-play") || !models.has("q-self-play") || policy == "self-play")
        return entries;
    entries.push_back({"A*, self-play's policy, PRM", Method::astar, "self-play", "prm"});
    entries.push_back({"Q*, self-play's policy and Q", Method::qstar, "self-play", "q-self-play"});
    return entries;
}

// The first problem that a search solved in three steps or more, with its scores.
Json example_of(const std::vector<std::string>& problems,
                const std::vector<search::Result>& results, const search::World& world,
                const std::string& method) {
    for (size_t i = 0; i < problems.size(); ++i) {
        const search::Result& r = results[i];
        if (r.steps.size() < 3 || r.step_scores.size() != r.steps.size() ||
            !search::is_right(world, {problems[i], problems[i], {}}, r))
            continue;
        return Json{{"method", method},         {"problem", problems[i]},
                    {"steps", r.steps},         {"step_scores", r.step_scores},
                    {"answer", r.answer},       {"expanded", r.expanded},
                    {"generated", r.generated}, {"tokens", r.tokens}};
    }
    return Json::object();
}

} // namespace

void describe(Flags& f, LadderOptions& o) {
    describe_held_out(f, o);
    describe_budgets(f, o.budgets);
    describe(f, o.search);
    f.text("policy", o.policy, "stage whose model searches: sft, ppo, distil, ...");
    f.list("policies", o.policies, "stages that answer greedily, too: ppo,grpo");
}

Ladder measure_ladder(const LadderOptions& options) {
    check(flags_of(options));
    const train::Split split = train::held_out_split(options.split);
    if (options.budgets.empty()) fail("--budgets: expected at least one, found none");
    require_run(options.run);
    const auto world = search::make_world(train::world_of(options.run));
    const std::vector<std::string> problems =
        train::problems_for(options.run, split, options.problems, options.seed);
    Ladder ladder;
    ladder.training_lines = check_overlap(options.run, problems);
    const std::vector<search::ProblemLine> lines = lines_of(problems);
    search::StageModels models(options.run, options.seed);
    for (const char* stage : {"pretrain", "sft"}) models.policy(stage); // an error now, not later
    for (const char* stage : {"orm", "prm"}) models.scorer(stage);
    Experiment experiment{*world, lines, models};
    experiment.seed = options.seed;
    experiment.search = options.search;
    experiment.quiet = options.quiet;

    const auto add = [&](const LadderEntry& entry, int64_t budget) {
        Measured row = measure(experiment, entry, budget);
        if (entry.method == search::Method::astar)
            ladder.example = example_of(problems, row.results, *world, entry.name);
        row.results = {};
        ladder.rows.push_back(std::move(row));
    };
    const bool annotated = world->name() == "words";
    for (const LadderEntry& entry : single_solutions(options, models, annotated)) add(entry, 0);
    for (const int64_t budget : options.budgets)
        for (const LadderEntry& entry : searches(options, models)) add(entry, budget);
    return ladder;
}

Table table_of(const std::vector<Measured>& rows) {
    Table table({{"method", "method", Column::Kind::text},
                 {"budget", "budget"},
                 {"", "solved", Column::Kind::share},
                 {"tokens", "tokens"},
                 {"evaluated", "evaluated"},
                 {"expanded", "expanded", Column::Kind::number, 1},
                 {"seconds", "seconds", Column::Kind::number, 1}});
    for (const Measured& r : rows)
        table.add({r.method, r.budget, Share{r.solved, r.n}, r.tokens, r.evaluated, r.expanded,
                   r.seconds});
    return table;
}

std::string markdown(const Ladder& ladder, const LadderOptions& options) {
    std::string out = fmt::format(
        "{} held-out problems of the {} split, seed {}. Budget: model tokens a problem, proposed "
        "and scored; 0 is a single solution. {} 95 % intervals after Wilson. {}No verifier while "
        "solving. None of the problems stands in any of the {} lines of the run's training "
        "texts.\n\n",
        options.problems, options.split, options.seed, costs_text(options.search),
        options.policy == "sft"
            ? ""
            : fmt::format("The policy of the searches is {}'s. ", options.policy),
        ladder.training_lines);
    out += table_of(ladder.rows).markdown();
    if (ladder.example.empty()) return out;
    out += fmt::format("\nOne of them, solved by {} (the PRM's probability that the step is "
                       "right):\n\n```\n        {}\n",
                       ladder.example["method"].get<std::string>(),
                       ladder.example["problem"].get<std::string>());
    for (size_t i = 0; i < ladder.example["steps"].size(); ++i) {
        out += fmt::format("{:.4f}  {}\n", ladder.example["step_scores"][i].get<double>(),
                           ladder.example["steps"][i].get<std::string>());
    }
    out += fmt::format("```\n{} paths expanded, {} steps drawn, {} tokens\n",
                       ladder.example["expanded"].get<int64_t>(),
                       ladder.example["generated"].get<int64_t>(),
                       ladder.example["tokens"].get<int64_t>());
    return out;
}

void ladder(const LadderOptions& options) {
    const Ladder measured = measure_ladder(options);
    write_study(join_path(options.run, "ladder"), options,
                {{"training_lines_compared", measured.training_lines},
                 {"rows", table_of(measured.rows).json()},
                 {"example", measured.example}},
                markdown(measured, options));
}

} // namespace qstar::eval
