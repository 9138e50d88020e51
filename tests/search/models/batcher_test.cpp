#include "search/models/batcher.h"

#include "search/solve.h"
#include "tests/search/doubles.h"

#include <atomic>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

// Problems "p0", "p1", ... of different depth, with random steps.
TableProposer forest(int problems) {
    TableProposer p;
    Random random(9, "batcher_test");
    for (int i = 0; i < problems; ++i) {
        std::string line = "p" + std::to_string(i);
        const int depth = 1 + i % 4;
        for (int d = 0; d < depth; ++d) {
            const std::string next = line + "." + std::to_string(d);
            const bool last = d + 1 == depth;
            const double u = 0.2 + 0.6 * random.uniform();
            p.table[line] = {{next + "a", last, u}, {next + "b", last, 1 - u}};
            p.table[next + "b"] = {{next + "c", true, 1.0}};
            line = next + "a";
        }
    }
    return p;
}

std::vector<std::string> names(int problems) {
    std::vector<std::string> out;
    for (int i = 0; i < problems; ++i) out.push_back("p" + std::to_string(i));
    return out;
}

float some_score(const Path& path) {
    return 0.05f + static_cast<float>(hash_name(path.steps.back()) % 90) / 100.0f;
}

constexpr Method kAllMethods[] = {Method::greedy, Method::majority, Method::best_of_n, Method::beam,
                                  Method::mcts,   Method::astar,    Method::qstar};

} // namespace

TEST_CASE("a problem's result does not depend on what is solved beside it") {
    const int n = 40;
    TableProposer p = forest(n);
    FunctionScorer s(some_score);
    Options options;
    options.budget = 200;
    for (const Method method : kAllMethods) {
        const std::vector<Result> together = solve(names(n), method, p, &s, options);
        const std::vector<Result> few = solve(names(n), method, p, &s, options, {}, 3);
        for (int i = 0; i < n; ++i) {
            const std::string problem = "p" + std::to_string(i);
            const Result alone = solve({&problem, 1}, method, p, &s, options)[0];
            const size_t at = static_cast<size_t>(i);
            for (const Result& other : {together[at], few[at]}) {
                CHECK(other.answer == alone.answer);
                CHECK(other.steps == alone.steps);
                CHECK(other.tokens == alone.tokens);
                CHECK(other.expanded == alone.expanded);
                CHECK(other.step_scores == alone.step_scores);
                CHECK(other.score == alone.score);
            }
        }
    }
}

TEST_CASE("calls are joined, and made on the calling thread") {
    TableProposer p = forest(30);
    Options options;
    const std::vector<Result> results = solve(names(30), Method::greedy, p, nullptr, options);
    CHECK(p.calls == 1);
    CHECK(p.largest_batch == 30);
    CHECK(results.size() == 30);
    solve(names(30), Method::astar, p, nullptr, options);
    CHECK(p.threads == std::set<std::thread::id>{std::this_thread::get_id()});
}

TEST_CASE("done tells how many problems have ended") {
    TableProposer p = forest(25);
    std::vector<size_t> told;
    solve(
        names(25), Method::beam, p, nullptr, Options{}, [&](size_t n) { told.push_back(n); }, 4);
    CHECK(told.back() == 25);
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK(told.size() > 3);
}

TEST_CASE("the first error in problem order is thrown, whoever makes it") {
    TableProposer p = forest(20);
    std::vector<std::string> problems = names(20);
    problems[13] = ""; // the proposer refuses it
    for (const Method method : kAllMethods) {
        FunctionScorer s(some_score);
        CHECK_THROWS_WITH(solve(problems, method, p, &s, Options{}), "the problem is empty");
    }
    for (const size_t at_once : {1, 2, 20}) {
        std::atomic<int> ended = 0;
        const auto body = [&](size_t i, Proposer& own, Scorer*) {
            const ProposeRequest request{{"p" + std::to_string(i), {}, false}, 1, 1, 0};
            own.complete({&request, 1});
            if (i == 7) own.complete({&request, 1});
            if (i == 5 || i == 7) fail("problem {}", i);
            ++ended;
        };
        CHECK_THROWS_WITH(run_together(20, at_once, p, nullptr, body), "problem 5");
        CHECK(ended >= 5);
    }
}

TEST_CASE("no problems, no calls") {
    TableProposer p;
    CHECK(solve({}, Method::greedy, p, nullptr, Options{}).empty());
    CHECK(p.calls == 0);
}

TEST_CASE("methods by name, and options that make no sense") {
    for (const Method method : kAllMethods) CHECK(method_named(name_of(method)) == method);
    CHECK_THROWS_WITH(
        method_named("dfs"),
        "unknown method \"dfs\": expected one of greedy, majority, best-of-n, beam, mcts, astar, "
        "qstar");
    CHECK_THROWS_AS(aggregate_named("mean"), Error);
    CHECK_THROWS_AS(vote_named(""), Error);
    CHECK_THROWS_AS(step_cost_named("two"), Error);
    TableProposer p = forest(1);
    CHECK_THROWS_WITH(solve(names(1), Method::best_of_n, p, nullptr, Options{}),
                      "method best-of-n needs a scorer: expected orm, prm or q, found none");
    CHECK_THROWS_WITH(solve(names(1), Method::qstar, p, nullptr, Options{}),
                      "method qstar needs a scorer: expected orm, prm or q, found none");
    Options options;
    options.budget = 0;
    CHECK_THROWS_AS(solve(names(1), Method::greedy, p, nullptr, options), Error);
    options = {};
    options.temperature = -1;
    CHECK_THROWS_AS(check_options(options), Error);
    options = {};
    options.shared.weight = std::nan("");
    CHECK_THROWS_AS(check_options(options), Error);
}

TEST_CASE("results are told in the order of their problems, as soon as those before have ended") {
    const int n = 40;
    TableProposer p = forest(n);
    Options options;
    options.budget = 200;
    std::vector<size_t> order, told_at;
    std::vector<Result> told;
    size_t ended = 0;
    const std::vector<Result> results = solve(
        names(n), Method::astar, p, nullptr, options, [&](size_t done) { ended = done; }, 3,
        [&](size_t i, const Result& result) {
            order.push_back(i);
            told.push_back(result);
            told_at.push_back(ended);
        });
    REQUIRE(order.size() == static_cast<size_t>(n));
    for (size_t i = 0; i < order.size(); ++i) {
        CHECK(order[i] == i);
        CHECK(told[i].steps == results[i].steps);
        CHECK(told[i].seconds == results[i].seconds);
        CHECK(told_at[i] <= i + 3); // of three at once
    }
    CHECK(results[0].seconds > 0);
}

TEST_CASE("an error of who is told ends the searches that are under way") {
    TableProposer p = forest(40);
    Options options;
    size_t told = 0;
    const auto full = [&](size_t, const Result&) {
        if (++told == 5) throw std::runtime_error("full");
    };
    CHECK_THROWS_WITH(solve(names(40), Method::beam, p, nullptr, options, {}, 8, full), "full");
    CHECK(told == 5);
}
