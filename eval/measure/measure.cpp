#include "eval/measure/measure.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/text/jsonl.h"
#include "search/results.h"
#include "train/run/old_record.h"

#include <algorithm>
#include <chrono>
#include <fmt/core.h>

namespace qstar::eval {

LadderEntry teacher_of(const std::string& run, const std::string& distil) {
    LadderEntry teacher{.method = search::Method::astar, .scorer = "prm"};
    const std::string record = join_path(join_path(run, distil), "done.json");
    if (!exists(record)) return teacher;
    const Json flags = train::by_flags(read_json(record).value.at("flags"));
    teacher.policy = flags.value("teacher", teacher.policy);
    teacher.scorer = flags.value("scorer", teacher.scorer);
    return teacher;
}

namespace {

search::Options options_of(const Experiment& experiment, const LadderEntry& entry,
                           const search::Scorer* scorer, int64_t budget) {
    search::Options options;
    options.budget = budget > 0 ? budget : int64_t{1} << 30;
    options.shared.samples =
        static_cast<int>(std::min<int64_t>(options.budget, 1 << 20)); // never reached
    options.shared.width = experiment.search.width;
    options.proposals = experiment.search.proposals;
    options.n_best = experiment.search.n_best;
    options.shared.weight = experiment.search.weight;
    options.temperature = static_cast<float>(experiment.search.temperature);
    options.vote = entry.vote;
    options.cost = search::cost_named(experiment.search.cost);
    options.calculator = entry.calculator;
    options.stream = experiment.seed;
    search::set_defaults(options, experiment.world, entry.method, scorer, entry.aggregate);
    return options;
}

} // namespace

void describe(Flags& f, SearchSettings& o) {
    search::search_option(f, "width", o.width);
    search::search_option(f, "proposals", o.proposals);
    search::search_option(f, "weight", o.weight);
    search::search_option(f, "temperature", o.temperature);
    search::describe_cost(f, o.cost);
}

std::string costs_text(const SearchSettings& o) {
    return fmt::format(
        "Tokens: each request read anew; evaluated: a token once for each network that reads it, "
        "in tokens of the policy by its multiply-adds. The budget is of {}.",
        o.cost == "anew" ? "tokens" : "what is evaluated");
}

void describe_split(Flags& f, std::string& split) {
    f.text("split", split, "test, or dev for tuning").offers({"test", "dev"});
}

void describe_budgets(Flags& f, std::vector<int64_t>& budgets) {
    Flag& flag = search::search_option(f, "budget", budgets);
    flag.name = "budgets";
    flag.form = Flag::Form::joined;
    flag.help = "tokens a problem, proposed and scored: 300,600";
}

void check_rising(const std::vector<int64_t>& budgets) {
    if (budgets.empty() || budgets.front() < 1 || !std::is_sorted(budgets.begin(), budgets.end()))
        fail("--budgets: expected numbers of tokens from 1 on that rise");
}

Measured measure(const Experiment& experiment, const LadderEntry& entry, int64_t budget) {
    std::vector<std::string> problems;
    for (const search::ProblemLine& line : experiment.problems) problems.push_back(line.problem);
    Measured row;
    row.method = entry.name;
    row.budget = budget;
    row.n = std::ssize(problems);
    search::Proposer& proposer = experiment.models.policy(entry.policy);
    search::Scorer* const scorer =
        experiment.models.scorer_beside(entry.scorer, experiment.models.file_of(entry.policy));
    Progress progress(budget > 0 ? fmt::format("{} at {}", entry.name, budget) : entry.name, row.n,
                      "problems", 0, experiment.quiet);
    const auto begin = std::chrono::steady_clock::now();
    row.results = search::solve(problems, entry.method, proposer, scorer,
                                options_of(experiment, entry, scorer, budget),
                                [&](size_t n) { progress.update(static_cast<int64_t>(n)); });
    const auto n = static_cast<double>(row.n);
    for (size_t i = 0; i < problems.size(); ++i) {
        const search::Result& result = row.results[i];
        row.right.push_back(search::is_right(experiment.world, experiment.problems[i], result));
        row.solved += row.right.back();
        row.tokens += static_cast<double>(result.tokens) / n;
        row.evaluated += result.evaluated / n;
        row.expanded += static_cast<double>(result.expanded) / n;
        row.generated += static_cast<double>(result.generated) / n;
    }
    row.interval = wilson(row.solved, row.n);
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    progress.finish(fmt::format("{} solved", row.solved));
    return row;
}

std::vector<search::ProblemLine> lines_of(const std::vector<std::string>& problems) {
    std::vector<search::ProblemLine> lines;
    for (const std::string& problem : problems) lines.push_back({problem, problem});
    return lines;
}

} // namespace qstar::eval
