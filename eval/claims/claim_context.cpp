#include "eval/claims/claim_context.h"

#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/measure/overlap.h"
#include "eval/studies/best_of_n.h"
#include "search/results.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/data/searched.h"
#include "train/run/run.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

constexpr int64_t kMostProblems = 4000; // that any claim asks for

} // namespace

int64_t count(const std::vector<bool>& flags) {
    return std::count(flags.begin(), flags.end(), true);
}

int64_t Solved::count() const { return eval::count(right); }

int64_t Solved::tokens() const {
    int64_t sum = 0;
    for (const search::Result& result : results) sum += result.tokens;
    return sum;
}

ClaimContext::ClaimContext(const ClaimsOptions& options)
    : options_(options), world_(search::make_world(train::world_of(options.run))),
      models_(options.run, options.seed) {}

bool ClaimContext::has(const std::string& stage) const { return models_.has(stage); }

bool ClaimContext::needs(std::initializer_list<const char*> stages, Findings& missing) const {
    for (const std::string stage : stages) {
        if (has(stage)) continue;
        const std::string trained = stage == "q-self-play" ? "self-play" : stage;
        missing.verdict = Verdict::undecided;
        missing.why = fmt::format("not measured: this run has no model of the stage {}", stage);
        missing.command = fmt::format("qstar train {} --run {}", trained, options_.run);
        return false;
    }
    return true;
}

Json ClaimContext::file(const std::string& name) const {
    const std::string path = join_path(options_.run, name);
    if (!exists(path)) return {};
    return read_json(path).value;
}

std::vector<std::string> ClaimContext::problems(int64_t count) {
    const auto draw = [&](int64_t n) {
        return train::problems_for(options_.run, train::Split::test, n, options_.seed);
    };
    if (!checked_) check(draw(options_.most > 0 ? options_.most : kMostProblems));
    checked_ = true;
    return draw(count);
}

void ClaimContext::check(const std::vector<std::string>& problems) const {
    check_overlap(options_.run, problems);
}

Solved ClaimContext::solve(const std::vector<std::string>& problems, const LadderEntry& solver) {
    const std::vector<search::ProblemLine> lines = lines_of(problems);
    Experiment experiment{*world_, lines, models_}; // with the ladder's settings
    experiment.seed = options_.seed;
    experiment.quiet = true;
    Measured measured =
        measure(experiment, solver, solver.method == search::Method::greedy ? 0 : kClaimsBudget);
    return {std::move(measured.results), std::move(measured.right)};
}

const Solved& ClaimContext::solved(int64_t count, const LadderEntry& solver) {
    const std::string key =
        fmt::format("{} {} {} {} {}", count, search::name_of(solver.method), solver.policy,
                    solver.scorer, solver.aggregate ? static_cast<int>(*solver.aggregate) : -1);
    const auto found = solved_.find(key);
    if (found != solved_.end()) return found->second;
    return solved_.emplace(key, solve(problems(count), solver)).first->second;
}

std::string ClaimContext::outcome_model() const {
    const bool by_text = has("orm-text") && has("prm") &&
                         search::judges_by_text(train::model_path(options_.run, "prm"));
    return by_text ? "orm-text" : "orm";
}

std::span<const Pool> ClaimContext::pools(const std::string& policy, int64_t count) {
    std::vector<Pool>& pools = pools_[policy];
    if (std::ssize(pools) >= count) return std::span(pools).first(static_cast<size_t>(count));
    PoolOptions options;
    options.run = options_.run;
    options.seed = options_.seed;
    options.problems = count;
    options.samples = samples();
    options.policy = policy;
    options.scorers = {outcome_model(), "prm"};
    options.quiet = true;
    pools = draw_pools(options, problems(options.problems));
    return pools;
}

std::vector<bool> chosen(std::span<const Pool> pools, bool weighted, size_t scorer,
                         search::Aggregate aggregate) {
    const Chooser chooser{"", weighted ? Chooser::Rule::weighted : Chooser::Rule::best, scorer,
                          aggregate};
    std::vector<bool> right;
    for (const Pool& pool : pools) {
        const std::vector<int64_t> all{std::ssize(pool.samples)};
        // With all samples there is nothing to shuffle.
        right.push_back(curve_of({&pool, 1}, {&chooser, 1}, all, 1, 1)[0].mean > 0.5);
    }
    return right;
}

} // namespace qstar::eval
