#include "search/solve.h"
#include "tests/search/doubles.h"
#include "tests/search/one_search.h"

#include <doctest/doctest.h>
#include <limits>

using namespace qstar;
using namespace qstar::search;

namespace {

// The smallest f of all finished paths.
double exhaustive(const TableProposer& p, const std::string& line, double f, const Options& options,
                  bool scored) {
    double best = std::numeric_limits<double>::infinity();
    const auto row = p.table.find(line);
    if (row == p.table.end()) return best;
    for (const TableStep& step : row->second) {
        double next = f + (options.step_cost == StepCost::unit ? 1 : -std::log(step.probability));
        if (scored)
            next -= options.shared.weight * std::log(static_cast<double>(line_score(step.text)));
        best = std::min(best, step.final ? next : exhaustive(p, step.text, next, options, scored));
    }
    return best;
}

} // namespace

TEST_CASE("A* finds the smallest f of all finished paths") {
    FunctionScorer s([](const Path& path) { return line_score(path.steps.back()); });
    Options options;
    options.budget = 1000000;
    Random random(5, "astar_test");
    int found = 0;
    for (int i = 0; i < 200; ++i) {
        TableProposer p = random_graph(random, 3 + i % 12);
        options.shared.weight = 0.5 * (i % 5);
        options.step_cost = i % 2 == 0 ? StepCost::log_prob : StepCost::unit;
        for (const bool scored : {false, true}) {
            const double best = exhaustive(p, "n0", 0, options, scored);
            const Result result = astar(p, scored ? &s : nullptr, "n0", options);
            CHECK(result.finished == std::isfinite(best));
            if (!result.finished) continue;
            ++found;
            CHECK(result.score == doctest::Approx(best).epsilon(1e-4));
        }
    }
    CHECK(found > 200);
}

TEST_CASE("a state that is reached more cheaply is opened again") {
    // The way over "far" looks worse at first and better at "meet".
    TableProposer p;
    p.all = true;
    p.table["q"] = {{"near", false, 0.9}, {"far", false, 0.1}};
    p.table["near"] = {{"meet", false, 1.0}};
    p.table["far"] = {{"meet", false, 1.0}};
    p.table["meet"] = {{"end", true, 1.0}};
    // "meet" by way of "near" is bad, and known as such only there.
    FunctionScorer s([](const Path& path) {
        const bool near = path.steps[0] == "near";
        return path.steps.size() >= 2 && near ? 0.1f : 1.0f;
    });
    Options options;
    options.aggregate = Aggregate::last;
    options.shared.trace = true;
    const Result result = astar(p, &s, "q", options);
    CHECK(result.answer == "end");
    CHECK(result.trace.front().starts_with("Step 1"));
    CHECK(result.trace.back().starts_with("Step 3"));
    // f over near: -log 0.9 - log 0.1 = 2.408; over far: -log 0.1 = 2.303.
    CHECK(result.steps[0] == "far");
    CHECK(std::any_of(result.trace.begin(), result.trace.end(), [](const std::string& line) {
        return line.find("open again meet") != std::string::npos;
    }));
}

TEST_CASE("a larger weight trusts the scorer more than the policy") {
    TableProposer p;
    p.all = true;
    p.table["q"] = {{"likely", true, 0.95}, {"right", true, 0.05}};
    FunctionScorer s([](const Path& path) { return path.steps[0] == "right" ? 0.9f : 0.3f; });
    Options options;
    options.shared.weight = 0;
    CHECK(astar(p, &s, "q", options).answer == "likely");
    options.shared.weight = 1;
    CHECK(astar(p, &s, "q", options).answer == "likely");
    options.shared.weight = 10;
    CHECK(astar(p, &s, "q", options).answer == "right");
}

TEST_CASE("A* without goal, without budget, without steps") {
    TableProposer p;
    p.all = true;
    p.table["q"] = {{"a", false, 0.5}, {"b", false, 0.5}};
    p.table["a"] = {{"a1", false, 1.0}};
    Options options;
    const Result dead_end = astar(p, nullptr, "q", options);
    CHECK(!dead_end.finished);
    CHECK(dead_end.answer.empty());
    CHECK(dead_end.expanded == 4);
    CHECK(astar(p, nullptr, "no such line", options).steps.empty());

    // Two expansions are paid for; the answer that is open then is given.
    p.table["q"] = {{"x", false, 0.9}, {"late", true, 0.1}};
    p.table["x"] = {{"y", false, 1.0}};
    p.table["y"] = {{"z", false, 1.0}};
    p.table["z"] = {{"end", true, 1.0}};
    options.budget = 8;
    const Result cut = astar(p, nullptr, "q", options);
    CHECK(cut.tokens <= 8);
    CHECK(cut.answer == "late");
    options.budget = 1000;
    CHECK(astar(p, nullptr, "q", options).answer == "end");
}

TEST_CASE("a path stays open for the steps that were not drawn") {
    // One draw an expansion. The likely step leads nowhere, the rare one to the goal.
    TableProposer p;
    p.table["q"] = {{"likely", false, 0.9}, {"rare", false, 0.1}};
    p.table["likely"] = {{"no", true, 1.0}};
    p.table["rare"] = {{"yes", true, 1.0}};
    FunctionScorer s([](const Path&) { return 0.5f; });
    Options options;
    options.proposals = 1;
    options.partial = true;
    FunctionRules rules;
    rules.at_goal = says_yes;
    options.rules = &rules;
    options.aggregate = Aggregate::last;
    for (options.stream = 0; options.stream < 20; ++options.stream)
        for (Scorer* scorer : {static_cast<Scorer*>(&s), static_cast<Scorer*>(nullptr)}) {
            const Result result = astar(p, scorer, "q", options);
            CHECK(result.answer == "yes");
            CHECK(result.step_scores.size() <= 2);
        }

    // Of many unlikely steps all are seen, without the likely one's children in between:
    // what is left of the probability, 0.5, is more than any single one of them.
    p.table.clear();
    p.table["q"].push_back({"s0", false, 0.5});
    for (int i = 1; i <= 10; ++i) p.table["q"].push_back({"s" + std::to_string(i), false, 0.05});
    for (int i = 0; i <= 10; ++i)
        p.table["s" + std::to_string(i)] = {{i == 10 ? "yes" : "no", true, 1.0}};
    std::set<std::string> opened;
    options.observer = [&](const SearchEvent& event) {
        if (!event.path.steps.empty()) opened.insert(event.path.steps[0]);
    };
    CHECK(astar(p, nullptr, "q", options).answer == "yes");
    CHECK(opened.size() > 3);

    // Nowhere a goal: it ends by itself, nothing being left to draw, or by its budget.
    options.observer = {};
    rules.at_goal = [](const Path&) { return false; };
    options.budget = 5000;
    const Result none = astar(p, nullptr, "q", options);
    CHECK(!none.finished);
    CHECK(none.tokens <= 5000);
}

TEST_CASE("listed steps are asked for once, however often their path is selected") {
    // Twelve ways that end badly and an unlikely one that does not.
    TableProposer p;
    for (int i = 0; i < 12; ++i) {
        const std::string line = "s" + std::to_string(i);
        p.table["q"].push_back({line, false, 0.08});
        p.table[line] = {{"no", true, 0.7}, {"never", true, 0.3}};
    }
    p.table["q"].push_back({"t", false, 0.04});
    p.table["t"] = {{"no", true, 0.9}, {"yes", true, 0.1}};
    Options options;
    options.proposals = 2;
    options.partial = options.n_best = true;
    FunctionRules rules;
    rules.at_goal = says_yes;
    options.rules = &rules;
    const Result result = astar(p, nullptr, "q", options);
    CHECK(result.answer == "yes");
    CHECK(result.generated <= 13 + 12 * 2 + 2); // each step of the table once
    options.n_best = false;
    CHECK(astar(p, nullptr, "q", options).generated > result.generated);
}

TEST_CASE("what breaks the public rules is not looked at") {
    TableProposer p;
    p.table["q"] = {{"illegal", false, 0.9}, {"legal", false, 0.1}};
    p.table["illegal"] = {{"yes", true, 1.0}};
    p.table["legal"] = {{"yes", true, 1.0}};
    FunctionScorer s([](const Path&) { return 0.5f; });
    Options options;
    FunctionRules rules;
    rules.at_goal = says_yes;
    rules.is_legal = [](const Path& path) { return path.steps[0] != "illegal"; };
    options.rules = &rules;
    for (const Method method : {Method::beam, Method::mcts, Method::astar, Method::qstar}) {
        options.proposals = 60;
        const std::string problem = "q";
        const Result result = solve({&problem, 1}, method, p, &s, options)[0];
        CHECK(result.steps == std::vector<std::string>{"legal", "yes"});
    }
}
