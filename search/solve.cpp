#include "search/solve.h"

#include "engine/base/error.h"
#include "engine/base/pack.h"
#include "engine/base/random.h"
#include "engine/base/ranks.h"
#include "engine/text/joined.h"
#include "search/algorithms/astar.h"
#include "search/algorithms/beam.h"
#include "search/algorithms/best_of_n.h"
#include "search/algorithms/greedy.h"
#include "search/algorithms/majority.h"
#include "search/algorithms/mcts.h"
#include "search/algorithms/qstar.h"
#include "search/models/batcher.h"
#include "search/models/result_bytes.h"
#include "search/spaces/layer_space.h"
#include "search/spaces/step_space.h"
#include "search/spaces/views.h"

#include <array>
#include <chrono>
#include <fmt/core.h>
#include <mutex>

namespace qstar::search {

namespace {

template <class Value>
struct Named {
    std::string_view name;
    Value value;
};

constexpr std::array<Named<Method>, 7> kMethods = {{{"greedy", Method::greedy},
                                                    {"majority", Method::majority},
                                                    {"best-of-n", Method::best_of_n},
                                                    {"beam", Method::beam},
                                                    {"mcts", Method::mcts},
                                                    {"astar", Method::astar},
                                                    {"qstar", Method::qstar}}};
constexpr std::array<Named<Aggregate>, 3> kAggregates = {
    {{"product", Aggregate::product}, {"minimum", Aggregate::minimum}, {"last", Aggregate::last}}};
constexpr std::array<Named<Vote>, 3> kVotes = {
    {{"best", Vote::best}, {"weighted", Vote::weighted}, {"bests", Vote::bests}}};
constexpr std::array<Named<StepCost>, 2> kStepCosts = {
    {{"log-prob", StepCost::log_prob}, {"unit", StepCost::unit}}};
constexpr std::array<Named<Cost>, 2> kCosts = {
    {{"anew", Cost::read_anew}, {"evaluated", Cost::evaluated}}};

template <class Value, size_t N>
Value find(std::string_view what, std::string_view name, const std::array<Named<Value>, N>& known) {
    for (const Named<Value>& entry : known)
        if (entry.name == name) return entry.value;
    fail("unknown {} \"{}\": expected one of {}", what, name,
         joined(known, ", ", &Named<Value>::name));
}

// Each algorithm stands once, over both kinds of space.
template <SearchSpace S>
void run(S& space, Method method, const SearchOptions& o, Vote vote) {
    switch (method) {
    case Method::greedy:
        return greedy(space);
    case Method::majority:
        if constexpr (!S::kListed) return majority(space, o.samples);
        break;
    case Method::best_of_n:
        return best_of_n(space, o.samples, vote);
    case Method::beam:
        return beam(space, static_cast<size_t>(o.width));
    case Method::mcts:
        return mcts(space, o.explore);
    case Method::astar:
        return astar(space, o.weight, static_cast<size_t>(o.batch));
    case Method::qstar:
        return qstar_search(space, o.weight, static_cast<size_t>(o.batch));
    }
    fail("unknown method {}", static_cast<int>(method));
}

Result run(Method method, Proposer& proposer, Scorer* scorer, const std::string& problem,
           const Options& options) {
    const bool scored = method != Method::greedy && method != Method::majority;
    StepSpace space(proposer, scored ? scorer : nullptr, problem, options);
    run(space, method, options.shared, options.vote);
    return space.finish();
}

// Seconds as each of those that run has them: at 1/n of the speed while there are n of them, so
// that what all of them have is what has passed.
class SharedClock {
  public:
    double begin() { return step(1); }
    double end() { return step(-1); }

  private:
    using Clock = std::chrono::steady_clock;

    double step(int change) {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        if (running_ > 0) seconds_ += std::chrono::duration<double>(now - last_).count() / running_;
        last_ = now;
        running_ += change;
        return seconds_;
    }

    std::mutex mutex_;
    double seconds_ = 0;
    int running_ = 0;
    Clock::time_point last_;
};

std::vector<Result> solve_here(std::span<const std::string> problems, Method method,
                               Proposer& proposer, Scorer* scorer, const Options& options,
                               const std::function<void(size_t)>& done, size_t at_once,
                               const std::function<void(size_t, const Result&)>& ready) {
    SharedClock clock;
    std::vector<Result> results(problems.size());
    std::vector<char> ended(problems.size(), 0); // by its body; read when none runs
    size_t told = 0;
    run_together(
        problems.size(), at_once, proposer, scorer,
        [&](size_t i, Proposer& own_proposer, Scorer* own_scorer) {
            Options own = options;
            own.stream = derive_stream(options.stream, hash_name(problems[i]));
            const double begin = clock.begin();
            results[i] = run(method, own_proposer, own_scorer, problems[i], own);
            results[i].seconds = clock.end() - begin;
            if (results[i].ended.empty())
                results[i].ended = results[i].finished ? "answer" : "exhausted";
            ended[i] = 1;
        },
        [&](size_t n) {
            for (; ready && told < ended.size() && ended[told] != 0; ++told)
                ready(told, results[told]);
            if (done) done(n);
        });
    return results;
}

// The ranks share the problems.
std::vector<Result> solve_on_ranks(std::span<const std::string> problems, Method method,
                                   Proposer& proposer, Scorer* scorer, const Options& options,
                                   const std::function<void(size_t)>& done, size_t at_once,
                                   const std::function<void(size_t, const Result&)>& ready) {
    const auto ranks = static_cast<size_t>(engine::ranks());
    const auto rank = static_cast<size_t>(engine::rank());
    std::vector<std::string> mine;
    for (size_t i = rank; i < problems.size(); i += ranks) mine.push_back(problems[i]);
    std::vector<Result> results(problems.size());
    std::vector<std::string> all(problems.size()); // as bytes, for the other ranks
    engine::InOrder gathered(problems.size(), [&](size_t i, const std::string& bytes) {
        all[i] = bytes;
        results[i] = result_of(bytes);
        if (ready) ready(i, results[i]);
    });
    solve_here(
        mine, method, proposer, scorer, options,
        [&](size_t) {
            gathered.take();
            if (done && engine::is_first_rank()) done(gathered.count());
        },
        at_once,
        [&](size_t i, const Result& result) { gathered.give(rank + i * ranks, bytes_of(result)); });
    gathered.finish();
    std::string bytes;
    if (engine::is_first_rank()) engine::Pack{bytes}(all);
    bytes = engine::from_first_rank(bytes);
    std::string_view rest = bytes;
    if (!engine::is_first_rank()) engine::Unpack{rest}(all);
    for (size_t i = 0; i < results.size(); ++i) results[i] = result_of(all[i]);
    return results;
}

} // namespace

Method method_named(std::string_view name) { return find("method", name, kMethods); }

Method puzzle_method_named(std::string_view name) {
    for (const auto& entry : kMethods)
        if (entry.name == name && entry.value != Method::majority) return entry.value;
    fail("unknown method \"{}\": expected one of greedy, best-of-n, beam, mcts, astar, qstar for a "
         "puzzle",
         name);
}

Aggregate aggregate_named(std::string_view name) { return find("aggregate", name, kAggregates); }
Vote vote_named(std::string_view name) { return find("vote", name, kVotes); }
StepCost step_cost_named(std::string_view name) { return find("step cost", name, kStepCosts); }
Cost cost_named(std::string_view name) { return find("cost", name, kCosts); }

std::string_view name_of(Method method) {
    for (const auto& entry : kMethods)
        if (entry.value == method) return entry.name;
    return "";
}

bool needs_scorer(Method method, bool public_goal) {
    return method == Method::qstar || (method == Method::best_of_n && !public_goal);
}

void check_options(const Options& options) { check(flags_of(options)); }

std::vector<std::string> set_defaults(Options& options, const World& world, Method method,
                                      const Scorer* scorer, std::optional<Aggregate> asked) {
    std::vector<std::string> said;
    const bool draws_steps = method == Method::beam || method == Method::mcts ||
                             method == Method::astar || method == Method::qstar;
    if (world.public_goal() && draws_steps && !options.n_best)
        said.push_back(fmt::format("the goal of {} is public, so the likeliest next steps are "
                                   "listed and not drawn, as with --n-best",
                                   world.name()));
    options.rules = &world;
    if (world.public_goal()) options.partial = options.n_best = true;
    if (asked)
        options.aggregate = *asked;
    else if (scorer != nullptr)
        options.aggregate = aggregate_for(scorer->reading());
    if (method == Method::qstar && asked && *asked != Aggregate::last)
        said.push_back("Q* reads a Q-value at the last step, whatever --aggregate says");
    return said;
}

std::vector<Result> solve(std::span<const std::string> problems, Method method, Proposer& proposer,
                          Scorer* scorer, const Options& options,
                          const std::function<void(size_t)>& done, size_t at_once,
                          const std::function<void(size_t, const Result&)>& ready) {
    check_options(options);
    if (scorer == nullptr && needs_scorer(method, options.rules->public_goal()))
        fail("method {} needs a scorer: expected orm, prm or q, found none", name_of(method));
    // What is looked at while it runs is looked at on every rank.
    const bool shared = engine::ranks() > 1 && problems.size() > 1 && !options.observer;
    return (shared ? solve_on_ranks : solve_here)(problems, method, proposer, scorer, options, done,
                                                  at_once, ready);
}

PuzzleResult solve(const Space& puzzle, Method method, Heuristic* heuristic, QFunction* q,
                   const State& start, const PuzzleOptions& options) {
    if (options.views > 1)
        return shortest_of_views(puzzle, start, options,
                                 [&](const State& view, const PuzzleOptions& one) {
                                     return solve(puzzle, method, heuristic, q, view, one);
                                 });
    if (method == Method::beam && options.hashed && (q != nullptr || heuristic != nullptr)) {
        LayerSpace space(puzzle, heuristic, q, start, options);
        beam(space, static_cast<size_t>(options.shared.width));
        return space.finish();
    }
    if (method == Method::qstar && q == nullptr)
        fail("--method qstar needs Q-values: --heuristic model of `train deep-q`");
    if (method != Method::qstar && heuristic == nullptr) fail("this method needs a heuristic");
    PuzzleSpace space(puzzle, heuristic, q, start, options);
    run(space, method, options.shared, Vote::best);
    return space.finish();
}

} // namespace qstar::search
