// What each search does over reasoning steps from a table: every path in the order in which it
// was opened, expanded or chosen.
#include "search/solve.h"
#include "tests/search/doubles.h"
#include "tests/search/golden/golden.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

std::string line_of_path(const Path& path) {
    std::string line = path.problem;
    for (const std::string& step : path.steps) line += " " + step;
    return line + (path.finished ? "." : "");
}

Json number_or_null(const std::optional<double>& value) {
    return value ? Json(tests::golden_number(*value)) : Json();
}

Json step_case(Method method, TableProposer table, Scorer* scorer, Options options) {
    Json events = Json::array();
    options.observer = [&](const SearchEvent& event) {
        constexpr const char* kNames[] = {"open", "expand", "choose"};
        events.push_back(
            Json::array({kNames[static_cast<int>(event.what)], line_of_path(event.path),
                         tests::golden_number(event.log_prob), number_or_null(event.score),
                         number_or_null(event.f), event.tokens}));
    };
    const std::string problem = "n0";
    const Result result = solve({&problem, 1}, method, table, scorer, options)[0];
    Json scores = Json::array();
    for (const float score : result.step_scores)
        scores.push_back(tests::golden_number(static_cast<double>(score)));
    Json json;
    json["answer"] = result.answer;
    json["steps"] = result.steps;
    json["finished"] = result.finished;
    json["ended"] = result.ended;
    json["expanded"] = result.expanded;
    json["generated"] = result.generated;
    json["tokens"] = result.tokens;
    json["score"] = tests::golden_number(result.score);
    json["step_scores"] = scores;
    json["events"] = events;
    return json;
}

// The lines' last digit: several lines are one state.
std::string digit_of(const Path& path) {
    const std::string& line = path.steps.empty() ? path.problem : path.steps.back();
    return line.substr(line.size() - 1);
}

// A table of lines n0, n1, ...: from each up to four steps to one of the next six, behind the last
// of them the answers a0, a1 and a2.
TableProposer golden_table(Random& random, int lines) {
    TableProposer table;
    table.all = true;
    for (int i = 0; i < lines; ++i) {
        std::vector<TableStep> row;
        double sum = 0;
        for (int s = 0; s < 4; ++s) {
            const int to = i + 1 + static_cast<int>(random.below(6));
            const bool final = to >= lines;
            const std::string text =
                final ? "a" + std::to_string(to % 3) : "n" + std::to_string(to);
            const double probability = 0.05 + random.uniform();
            if (std::any_of(row.begin(), row.end(),
                            [&](const TableStep& step) { return step.text == text; }))
                continue;
            row.push_back({text, final, probability});
            sum += probability;
        }
        for (TableStep& step : row) step.probability /= sum;
        table.table["n" + std::to_string(i)] = row;
    }
    return table;
}

void check_step_method(Method method, const std::string& name) {
    Random random(21, "golden_test");
    const TableProposer small = golden_table(random, 6), large = golden_table(random, 40);
    const auto drawn = [](TableProposer table) {
        table.all = false;
        return table;
    };
    FunctionScorer by_line([](const Path& path) { return line_score(path.steps.back()); });
    FunctionScorer by_path([](const Path& path) { return line_score(line_of_path(path)); });
    Json cases;
    const auto add = [&](const char* title, const TableProposer& table, Scorer* scorer,
                         const std::function<void(Options&)>& set,
                         const FunctionRules& rules = {}) {
        Options options;
        options.budget = 300;
        options.proposals = 3;
        set(options);
        options.rules = &rules;
        if (scorer == nullptr && needs_scorer(method, rules.public_goal())) return;
        cases[title] = step_case(method, table, scorer, options);
    };
    FunctionRules goal, goal_and_law, never, by_digit;
    goal.at_goal =
        goal_and_law.at_goal = [](const Path& path) { return path.steps.back() == "a1"; };
    never.at_goal = [](const Path&) { return false; };
    goal_and_law.is_legal =
        never.is_legal = [](const Path& path) { return path.steps.back() != "n5"; };
    by_digit.state_of = digit_of;

    add("all steps, no scorer", small, nullptr, [](Options& o) { o.shared.samples = 6; });
    add("all steps, scorer", large, &by_line, [](Options& o) { o.shared.samples = 9; });
    add("drawn, scorer", drawn(large), &by_path,
        [](Options& o) { o.shared.samples = 12, o.shared.width = 3, o.stream = 5; });
    add("drawn, last, unit cost, batch", drawn(large), &by_path, [](Options& o) {
        o.shared.samples = 8, o.shared.width = 2, o.proposals = 4, o.shared.weight = 2,
        o.stream = 6;
        o.aggregate = Aggregate::last, o.step_cost = StepCost::unit, o.shared.batch = 3,
        o.shared.explore = 0.5;
    });
    add("weighted vote, minimum", drawn(large), &by_line, [](Options& o) {
        o.budget = 400, o.shared.samples = 20, o.proposals = 2, o.stream = 7;
        o.aggregate = Aggregate::minimum, o.vote = Vote::weighted;
    });
    add("few tokens", drawn(large), &by_line, [](Options& o) { o.budget = 37, o.stream = 8; });
    add(
        "partial, listed, public goal", drawn(large), &by_path,
        [](Options& o) { o.proposals = 2, o.stream = 9, o.partial = o.n_best = true; },
        goal_and_law);
    add(
        "partial, drawn, no goal in reach", drawn(small), nullptr,
        [](Options& o) {
            o.budget = 150, o.shared.samples = 30, o.proposals = 1, o.stream = 10,
            o.shared.batch = 2;
            o.partial = true;
        },
        never);
    add(
        "public goal, closed paths again", drawn(small), &by_line,
        [](Options& o) { o.budget = 200, o.proposals = 1, o.stream = 11; }, goal);
    add(
        "states by digit", large, &by_path, [](Options& o) { o.budget = 300; }, by_digit);
    tests::check_golden("step_" + name + ".json", cases);
}

} // namespace

TEST_CASE("golden: greedy over steps") { check_step_method(Method::greedy, "greedy"); }
TEST_CASE("golden: majority over steps") { check_step_method(Method::majority, "majority"); }
TEST_CASE("golden: best of N over steps") { check_step_method(Method::best_of_n, "best_of_n"); }
TEST_CASE("golden: beam over steps") { check_step_method(Method::beam, "beam"); }
TEST_CASE("golden: MCTS over steps") { check_step_method(Method::mcts, "mcts"); }
TEST_CASE("golden: A* over steps") { check_step_method(Method::astar, "astar"); }
TEST_CASE("golden: Q* over steps") { check_step_method(Method::qstar, "qstar"); }
