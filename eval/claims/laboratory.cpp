#include "eval/claims/laboratory.h"

#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/measure/overlap.h"
#include "eval/studies/best_of_n.h"
#include "search/results.h"
#include "search/worlds/make_world.h"
#include "train/data/classroom.h"
#include "train/data/searched.h"
#include "train/run/run.h"

#include <algorithm>
#include <fmt/format.h>

namespace qstar::eval {

namespace {

constexpr int64_t most_problems = 1000; // that any claim asks for

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

Laboratory::Laboratory(const ClaimsOptions& options)
    : options_(options), world_(search::make_world(train::world_of(options.run))),
      tokenizer_(std::make_unique<tokenizer::Tokenizer>(train::load_tokenizer(options.run))) {}

bool Laboratory::has(const std::string& stage) const {
    return exists(train::model_path(options_.run, stage));
}

bool Laboratory::needs(std::initializer_list<const char*> stages, Findings& missing) const {
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

engine::Gpt& Laboratory::model(const std::string& stage) {
    auto& model = models_[stage];
    if (!model) model = std::make_unique<engine::Gpt>(train::load_model(options_.run, stage));
    return *model;
}

Json Laboratory::file(const std::string& name) const {
    const std::string path = join_path(options_.run, name);
    if (!exists(path)) return {};
    return read_json(path).value;
}

std::vector<std::string> Laboratory::problems(int64_t count) {
    const auto draw = [&](int64_t n) {
        return train::problems_for(options_.run, train::Split::test, n, options_.seed);
    };
    if (!checked_) check(draw(options_.most > 0 ? options_.most : most_problems));
    checked_ = true;
    return draw(count);
}

void Laboratory::check(const std::vector<std::string>& problems) const {
    check_overlap(options_.run, problems);
}

Solved Laboratory::solve(const std::vector<std::string>& problems, const Solver& solver) {
    auto& proposer = proposers_[solver.policy];
    if (!proposer)
        proposer =
            std::make_unique<search::GptProposer>(model(solver.policy), *tokenizer_, options_.seed);
    search::GptScorer* scorer = nullptr;
    if (!solver.scorer.empty()) {
        auto& known = scorers_[solver.scorer];
        if (!known) known = std::make_unique<search::GptScorer>(model(solver.scorer), *tokenizer_);
        scorer = known.get();
    }
    train::SearchFlags flags; // the ladder's
    flags.method = search::name_of(solver.method);
    flags.budget = solver.budget;
    search::Options with = options_of(flags, *world_);
    with.aggregate = solver.aggregate;
    with.stream = options_.seed;
    Solved out;
    out.results = search::solve(problems, solver.method, *proposer, scorer, with);
    for (size_t i = 0; i < problems.size(); ++i)
        out.right.push_back(
            search::is_right(*world_, {problems[i], problems[i], {}}, out.results[i]));
    return out;
}

const Solved& Laboratory::solved(int64_t count, const Solver& solver) {
    const std::string key =
        fmt::format("{} {} {} {} {} {}", count, search::name_of(solver.method), solver.policy,
                    solver.scorer, static_cast<int>(solver.aggregate), solver.budget);
    const auto found = solved_.find(key);
    if (found != solved_.end()) return found->second;
    return solved_.emplace(key, solve(problems(count), solver)).first->second;
}

const std::vector<Pool>& Laboratory::pools(const std::string& policy) {
    auto& pools = pools_[policy];
    if (!pools.empty()) return pools;
    PoolOptions options;
    options.run = options_.run;
    options.seed = options_.seed;
    options.problems = size(300, 100);
    options.samples = samples();
    options.policy = policy;
    options.quiet = true;
    pools = draw_pools(options, problems(options.problems));
    return pools;
}

std::vector<bool> chosen(const std::vector<Pool>& pools, bool weighted, size_t scorer,
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
