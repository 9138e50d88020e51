#include "engine/text/json.h"
#include "search/solve.h"
#include "tests/search/doubles.h"
#include "tests/search/one_search.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

// The best score of any answer that can be reached from a line.
double best_answer(const TableProposer& p, const std::string& line) {
    double best = -1;
    const auto row = p.table.find(line);
    if (row == p.table.end()) return best;
    for (const TableStep& step : row->second)
        best = std::max(best, step.final ? static_cast<double>(line_score(step.text))
                                         : best_answer(p, step.text));
    return best;
}

} // namespace

TEST_CASE("MCTS with budget to spare finds the answer of the best score") {
    FunctionScorer s([](const Path& path) { return line_score(path.steps.back()); });
    Random random(6, "mcts_test");
    Options options;
    options.budget = 1000000;
    options.aggregate = Aggregate::last;
    int found = 0;
    for (int i = 0; i < 100; ++i) {
        TableProposer p = random_graph(random, 3 + i % 12);
        options.shared.explore = 0.5 * (i % 4);
        const double best = best_answer(p, "n0");
        const Result result = mcts(p, &s, "n0", options);
        CHECK(result.finished == (best >= 0));
        if (!result.finished) continue;
        ++found;
        CHECK(result.score == doctest::Approx(best));
    }
    CHECK(found > 50);
}

TEST_CASE("MCTS looks first where the scorer points, and keeps to its budget") {
    // A tree of two ways: "good" leads to the answer at once, "bad" goes on for long.
    TableProposer p;
    p.all = true;
    p.table["q"] = {{"bad", false, 0.9}, {"good", false, 0.1}};
    p.table["good"] = {{"yes", true, 1.0}};
    for (int i = 0; i < 200; ++i)
        p.table[i == 0 ? "bad" : "b" + std::to_string(i)] = {
            {"b" + std::to_string(i + 1), false, 1.0}};
    FunctionScorer s([](const Path& path) { return path.steps[0] == "good" ? 0.9f : 0.1f; });
    Options options;
    options.aggregate = Aggregate::last;
    options.budget = 30;
    options.shared.explore = 0.1;
    const Result result = mcts(p, &s, "q", options);
    CHECK(result.answer == "yes");
    CHECK(result.tokens <= 60);
    // Without a scorer the priors lead, and they lead astray.
    CHECK(!mcts(p, nullptr, "q", options).finished);
}

TEST_CASE("MCTS ends at the public goal") {
    TableProposer p;
    p.table["q"] = {{"a", true, 0.5}, {"b", true, 0.5}};
    Options options;
    FunctionRules rules;
    rules.at_goal = [](const Path& path) { return path.steps.back() == "b"; };
    options.rules = &rules;
    const Result result = mcts(p, nullptr, "q", options);
    CHECK(result.answer == "b");
}

TEST_CASE("every method shows what it looks at, and the tree holds it") {
    Random random(9, "tree_test");
    TableProposer p = random_graph(random, 9);
    p.all = false;
    FunctionScorer s([](const Path& path) { return line_score(path.steps.back()); });
    for (const Method method : {Method::greedy, Method::majority, Method::best_of_n, Method::beam,
                                Method::mcts, Method::astar, Method::qstar}) {
        Tree tree;
        Options options;
        options.budget = 300;
        options.observer = [&](const SearchEvent& event) { tree.observe(event); };
        const std::string problem = "n0";
        const Result result = solve({&problem, 1}, method, p, &s, options)[0];
        const Json json = tree.json();
        CAPTURE(name_of(method));
        REQUIRE(json["path"].size() == result.steps.size() + 1);
        for (size_t i = 0; i < result.steps.size(); ++i) {
            const Json& node = json["nodes"][json["path"][i + 1].get<size_t>()];
            CHECK(node["state"] == result.steps[i]);
            CHECK(node["parent"] == json["path"][i]);
        }
        const bool steps = method == Method::beam || method == Method::mcts ||
                           method == Method::astar || method == Method::qstar;
        CHECK(json["expanded"].size() == (steps ? static_cast<size_t>(result.expanded) : 0));
    }
}
