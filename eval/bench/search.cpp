#include "eval/bench/search.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/kernels/kernels.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "eval/bench/turns.h"
#include "search/models/stage_models.h"
#include "search/problem/world.h"
#include "search/solve.h"
#include "search/worlds/make_world.h"
#include "train/data/corpus.h"
#include "train/data/worlds/arithmetic/arithmetic_teaching.h"
#include "train/data/worlds/arithmetic/problems.h"

#include <fmt/core.h>
#include <functional>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

constexpr int64_t kBudget = 400; // tokens a problem

using search::Method;

// The whole time of a turn counts, on however many threads: batching is also about
// keeping them busy.
double timed(const std::function<void()>& body) {
    const double start = clock_seconds(2);
    body();
    return clock_seconds(2) - start;
}

void check_same(const std::vector<search::Result>& together,
                const std::vector<search::Result>& alone, Method method) {
    for (size_t i = 0; i < together.size(); ++i) {
        if (together[i].answer != alone[i].answer || together[i].tokens != alone[i].tokens)
            fail("bench search: {} gives another result for problem {} in a batch",
                 search::name_of(method), i + 1);
    }
}

void measure(Method method, const std::vector<std::string>& problems, search::Proposer& proposer,
             search::Scorer* scorer, const search::World& world, int turns, Report& report) {
    search::Options options;
    options.budget = kBudget;
    options.shared.samples = kBudget; // the budget is the limit
    options.rules = &world;
    std::vector<search::Result> together, alone;
    const auto solve = [&](size_t at_once) {
        return search::solve(problems, method, proposer, scorer, options, {}, at_once);
    };
    const std::vector<Contestant> contestants = {
        [&] { return timed([&] { together = solve(problems.size()); }); },
        [&] { return timed([&] { alone = solve(1); }); },
    };
    const auto seconds = take_turns(contestants, turns, 0);
    check_same(together, alone, method);

    const auto count = static_cast<double>(problems.size());
    double tokens = 0;
    for (const search::Result& r : together) tokens += static_cast<double>(r.tokens);
    const auto add = [&](const char* unit, double amount) {
        Row row;
        row.work =
            fmt::format("{}, {:.0f} tokens a problem", search::name_of(method), tokens / count);
        row.unit = unit;
        row.threads = engine::threads();
        row.isa = engine::isa_name();
        row.ours = rates(amount, seconds[0]);
        row.peer = rates(amount, seconds[1]);
        row.peer_name = "ours, one problem at a time";
        report.add(row);
    };
    add("problems/s", count);
    add("tokens/s", tokens);
}

} // namespace

void bench_search(const BenchOptions& options) {
    require_run(options.run);
    if (!exists(join_path(options.run, "sft/model.safetensors"))) {
        fail("{} holds no tuned model to search with: `qstar demo --quick --run {}` makes one in a "
             "minute, or --run names another run",
             options.run, options.run);
    }
    const int64_t count = options.quick ? 32 : 128;
    engine::set_threads(options.threads);
    search::StageModels models(options.run, 1);
    const bool scored = models.has("prm");
    const auto world = search::make_world("arithmetic");
    train::ProblemConfig config =
        train::teaching_of<train::ArithmeticTeaching>(options.run).problems;
    config.min_operands = 3;
    const std::vector<std::string> problems =
        train::draw_problems(config, train::Split::dev, count, 1);

    Report report(options,
                  fmt::format("Searching, {} problems at once, models of {}", count, options.run));
    for (const Method method : {Method::greedy, Method::majority, Method::best_of_n, Method::beam,
                                Method::mcts, Method::astar}) {
        if (!report.wants(std::string(search::name_of(method)))) continue;
        if (!scored && search::needs_scorer(method, false)) continue;
        measure(method, problems, models.policy("sft"), models.scorer(scored ? "prm" : "none"),
                *world, options.quick ? 3 : 7, report);
    }
    report.finish();
}

} // namespace qstar::eval
