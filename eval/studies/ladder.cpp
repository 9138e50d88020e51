#include "eval/studies/ladder.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "eval/measure/overlap.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/problem/world.h"
#include "search/results.h"
#include "search/solve.h"
#include "search/worlds/make_world.h"
#include "train/data/classroom.h"
#include "train/data/searched.h"
#include "train/run/run.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

namespace qstar::eval {

namespace {

// A stage's policy; the proposer refers to the model.
struct Policy {
    std::string stage;
    engine::Gpt model;
    search::GptProposer proposer;

    Policy(const std::string& run, const std::string& name, const tokenizer::Tokenizer& tokenizer,
           uint64_t seed)
        : stage(name), model(train::load_model(run, name)), proposer(model, tokenizer, seed) {}
    Policy(const Policy&) = delete;
};

// The models of a run, each loaded once.
struct Models {
    tokenizer::Tokenizer tokenizer;
    Policy base, tuned, searching;
    std::deque<Policy> others;
    engine::Gpt orm, prm;
    search::GptScorer orm_scorer, prm_scorer;
    std::optional<engine::Gpt> q; // if the run has one
    std::optional<search::GptScorer> q_scorer;

    Models(const LadderOptions& o)
        : tokenizer(train::load_tokenizer(o.run)), base(o.run, "pretrain", tokenizer, o.seed),
          tuned(o.run, "sft", tokenizer, o.seed), searching(o.run, o.policy, tokenizer, o.seed),
          orm(train::load_model(o.run, "orm")), prm(train::load_model(o.run, "prm")),
          orm_scorer(orm, tokenizer), prm_scorer(prm, tokenizer) {
        for (const std::string& stage : o.policies)
            others.emplace_back(o.run, stage, tokenizer, o.seed);
        if (exists(train::model_path(o.run, "q")))
            q_scorer.emplace(q.emplace(train::load_model(o.run, "q")), tokenizer);
    }
};

// One rung: who proposes, who scores, how it searches.
struct Rung {
    std::string name;
    search::Method method;
    search::Proposer* proposer;
    search::Scorer* scorer = nullptr;
    search::Aggregate aggregate = search::Aggregate::product;
    search::Vote vote = search::Vote::best;
};

std::vector<Rung> single_solution_rungs(Models& m) {
    using search::Method;
    std::vector<Rung> rungs{{"base model, greedy", Method::greedy, &m.base.proposer},
                            {"tuned model, greedy", Method::greedy, &m.tuned.proposer}};
    for (Policy& policy : m.others)
        rungs.push_back({policy.stage + ", greedy", Method::greedy, &policy.proposer});
    return rungs;
}

std::vector<Rung> search_rungs(Models& m) {
    using search::Aggregate, search::Method, search::Vote;
    std::vector<Rung> rungs{
        {"majority", Method::majority, &m.searching.proposer},
        {"best of N, ORM", Method::best_of_n, &m.searching.proposer, &m.orm_scorer,
         Aggregate::last},
        {"weighted vote, ORM", Method::best_of_n, &m.searching.proposer, &m.orm_scorer,
         Aggregate::last, Vote::weighted},
        {"best of N, PRM (minimum)", Method::best_of_n, &m.searching.proposer, &m.prm_scorer,
         Aggregate::minimum},
        {"best of N, PRM (product)", Method::best_of_n, &m.searching.proposer, &m.prm_scorer},
        {"step beam, PRM", Method::beam, &m.searching.proposer, &m.prm_scorer},
        {"MCTS, PRM", Method::mcts, &m.searching.proposer, &m.prm_scorer},
        {"A*, PRM", Method::astar, &m.searching.proposer, &m.prm_scorer},
    };
    if (m.q_scorer)
        rungs.push_back({"Q*, learned Q", Method::qstar, &m.searching.proposer, &*m.q_scorer});
    return rungs;
}

search::Options options_of(const LadderOptions& options, const Rung& rung, int64_t budget,
                           const search::World& world) {
    search::Options out;
    out.budget = budget;
    out.samples = static_cast<int>(std::max<int64_t>(1, budget)); // the budget is the limit
    out.width = options.width;
    out.proposals = options.proposals;
    out.weight = options.weight;
    out.temperature = static_cast<float>(options.temperature);
    out.aggregate = rung.aggregate;
    out.vote = rung.vote;
    out.stream = options.seed;
    search::know_world(out, world);
    return out;
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
    f.text("run", o.run, "the run's folder");
    f.seed(o.seed);
    f.text("split", o.split, "test, or dev for tuning");
    f.number("problems", o.problems, 1, most, "how many held-out problems");
    f.list("budgets", o.budgets, 1, most, "tokens a problem: 300,600");
    f.number("width", o.width, 1, most, "of the beam");
    f.number("proposals", o.proposals, 1, 1'000'000, "steps drawn for each expanded path");
    f.number("weight", o.weight, 0, most, "of h in A*'s f = g + weight * h");
    f.number("temperature", o.temperature, 0, 100, "of all draws but greedy's");
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
    Models models(options);

    const auto climb = [&](const Rung& rung, int64_t budget) {
        const std::string title = budget ? fmt::format("{} at {}", rung.name, budget) : rung.name;
        Progress progress(title, options.problems, "problems", 0, options.quiet);
        const auto begin = std::chrono::steady_clock::now();
        // A single greedy solution is as long as it is: the budget is for searches.
        const search::Options with =
            options_of(options, rung, budget ? budget : int64_t{1} << 30, *world);
        const std::vector<search::Result> results =
            search::solve(problems, rung.method, *rung.proposer, rung.scorer, with,
                          [&](size_t n) { progress.update(static_cast<int64_t>(n)); });
        LadderRow row;
        row.method = rung.name;
        row.budget = budget;
        row.n = options.problems;
        for (size_t i = 0; i < results.size(); ++i) {
            row.solved += search::is_right(*world, {problems[i], problems[i], {}}, results[i]);
            row.tokens += static_cast<double>(results[i].tokens) / static_cast<double>(row.n);
            row.expanded += static_cast<double>(results[i].expanded) / static_cast<double>(row.n);
        }
        row.interval = wilson(row.solved, row.n);
        row.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        progress.finish(fmt::format("{} solved", row.solved));
        ladder.rows.push_back(row);
        if (rung.method == search::Method::astar) {
            ladder.example = example_of(problems, results, *world, rung.name);
        }
    };
    for (const Rung& rung : single_solution_rungs(models)) climb(rung, 0);
    for (const int64_t budget : options.budgets) {
        for (const Rung& rung : search_rungs(models)) climb(rung, budget);
    }
    return ladder;
}

std::string markdown(const Ladder& ladder, const LadderOptions& options) {
    std::string out = fmt::format(
        "{} held-out problems of the {} split, seed {}. Budget: model tokens a problem, proposed "
        "and scored; 0 is a single solution. 95 % intervals after Wilson. {}No verifier while "
        "solving. None of the problems stands in any of the {} lines of the run's training "
        "texts.\n\n",
        options.problems, options.split, options.seed,
        options.policy == "sft"
            ? ""
            : fmt::format("The policy of the searches is {}'s. ", options.policy),
        ladder.training_lines);
    out += "| method | budget | solved | % | 95 % interval | tokens | expanded | seconds |\n";
    out += "|---|---:|---:|---:|---:|---:|---:|---:|\n";
    for (const LadderRow& r : ladder.rows) {
        out += fmt::format("| {} | {} | {} / {} | {:.1f} | {:.1f} - {:.1f} | {:.0f} | {:.1f} | "
                           "{:.1f} |\n",
                           r.method, r.budget, r.solved, r.n,
                           100.0 * static_cast<double>(r.solved) / static_cast<double>(r.n),
                           100 * r.interval.low, 100 * r.interval.high, r.tokens, r.expanded,
                           r.seconds);
    }
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
    Json rows = Json::array();
    for (const LadderRow& r : measured.rows) {
        rows.push_back({{"method", r.method},
                        {"budget", r.budget},
                        {"solved", r.solved},
                        {"n", r.n},
                        {"low", r.interval.low},
                        {"high", r.interval.high},
                        {"tokens", r.tokens},
                        {"expanded", r.expanded},
                        {"seconds", r.seconds}});
    }
    write_json(options.run + "/ladder.json",
               Json{{"seed", options.seed},
                    {"policy", options.policy},
                    {"policies", options.policies},
                    {"split", options.split},
                    {"problems", options.problems},
                    {"budgets", options.budgets},
                    {"temperature", options.temperature},
                    {"width", options.width},
                    {"proposals", options.proposals},
                    {"weight", options.weight},
                    {"training_lines_compared", measured.training_lines},
                    {"rows", rows},
                    {"example", measured.example}});
    const std::string text = markdown(measured, options);
    write_file_atomic(options.run + "/ladder.md", text);
    if (!options.quiet) fmt::print("\n{}", text);
}

} // namespace qstar::eval
