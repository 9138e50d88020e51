// Greedy, majority, best-of-n and beam over a small table.
#include "tests/search/doubles.h"
#include "tests/search/one_search.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

// The likeliest first step leads astray; the right answer 9 has two ways.
TableProposer astray() {
    TableProposer p;
    p.table["2+3+4"] = {{"6+4", false, 0.4}, {"5+4", false, 0.35}, {"2+7", false, 0.25}};
    p.table["6+4"] = {{"10", true, 1.0}};
    p.table["5+4"] = {{"9", true, 0.9}, {"8", true, 0.1}};
    p.table["2+7"] = {{"9", true, 1.0}};
    return p;
}

// Nearly sure, and right: what is false gets 0.1.
FunctionScorer judge() {
    return FunctionScorer([](const Path& path) {
        for (const std::string& step : path.steps)
            if (step == "6+4" || step == "10" || step == "8") return 0.1f;
        return 0.9f;
    });
}

Options plain() {
    Options options;
    options.stream = 11;
    options.budget = 100000;
    return options;
}

} // namespace

TEST_CASE("greedy takes the likeliest steps") {
    TableProposer p = astray();
    const Result result = greedy(p, "2+3+4", plain());
    CHECK(result.steps == std::vector<std::string>{"6+4", "10"});
    CHECK(result.answer == "10");
    CHECK(result.finished);
    CHECK(result.tokens == 3);
    CHECK(result.score == doctest::Approx(std::log(0.4)));
}

TEST_CASE("majority adds up the ways to an answer") {
    TableProposer p = astray();
    Options options = plain();
    options.shared.samples = 400;
    const Result result = majority(p, "2+3+4", options);
    CHECK(result.answer == "9");
    CHECK(result.score == doctest::Approx(0.35 * 0.9 + 0.25).epsilon(0.15));
    CHECK(result.generated == 800);
}

TEST_CASE("majority counts votes for the canonical answer") {
    TableProposer p;
    p.table["q"] = {{"1", true, 0.4}, {"4/2", true, 0.3}, {"2", true, 0.3}};
    Options options = plain();
    options.shared.samples = 400;
    CHECK(majority(p, "q", options).answer == "1");
    FunctionRules rules;
    rules.form_of = [](std::string_view answer) {
        return std::string(answer == "4/2" ? "2" : answer);
    };
    options.rules = &rules;
    CHECK(majority(p, "q", options).answer == "2");
}

TEST_CASE("without a finished sample there is no answer") {
    TableProposer p;
    p.table["q"] = {{"r", false, 1.0}};
    FunctionScorer s([](const Path&) { return 0.5f; });
    for (const Result& result :
         {greedy(p, "q", plain()), majority(p, "q", plain()), best_of_n(p, &s, "q", plain()),
          beam(p, &s, "q", plain()), beam(p, nullptr, "q", plain())}) {
        CHECK(!result.finished);
        CHECK(result.answer.empty());
    }
}

TEST_CASE("best-of-n follows its scorer, and scores a solution once") {
    TableProposer p = astray();
    FunctionScorer s = judge();
    Options options = plain();
    options.shared.samples = 64;
    for (const Aggregate how : {Aggregate::product, Aggregate::minimum, Aggregate::last}) {
        s.scored = 0;
        options.aggregate = how;
        const Result result = best_of_n(p, &s, "2+3+4", options);
        CHECK(result.answer == "9");
        CHECK(result.step_scores == std::vector<float>{0.9f, 0.9f});
        CHECK(result.score == doctest::Approx(how == Aggregate::product ? 0.81 : 0.9));
        CHECK(s.scored == 4); // the different solutions
    }
}

TEST_CASE("the weighted vote sums scores by answer") {
    TableProposer p;
    p.table["q"] = {{"a", true, 0.9}, {"b", true, 0.1}};
    FunctionScorer s([](const Path& path) { return path.steps[0] == "a" ? 0.5f : 0.6f; });
    Options options = plain();
    CHECK(best_of_n(p, &s, "q", options).answer == "b");
    options.vote = Vote::weighted;
    const Result result = best_of_n(p, &s, "q", options);
    CHECK(result.answer == "a");
    CHECK(result.score > 0.5 * 40);
}

TEST_CASE("majority of the bests: what fools the judge once in a while is outvoted") {
    // Sixteen draws, of which four are looked at: the best is among them in 1 - (15/16)^4.
    const std::vector<double> scores = {0.9, 0.8};
    const std::vector<int64_t> counts = {1, 15};
    const auto shares = shares_of_bests(scores, counts);
    CHECK(shares[0] == doctest::Approx(1 - std::pow(15.0 / 16, 4)));
    CHECK(shares[0] + shares[1] == doctest::Approx(1));
    CHECK(shares_of_bests(std::vector<double>{0.2, 0.7}, std::vector<int64_t>{1, 1})[1] == 0.5);
    CHECK(shares_of_bests({}, {}).empty());

    TableProposer p;
    p.table["q"] = {{"a", true, 0.96}, {"b", true, 0.04}};
    FunctionScorer s([](const Path& path) { return path.steps[0] == "a" ? 0.5f : 0.6f; });
    Options options = plain();
    options.shared.samples = 64;
    options.vote = Vote::best;
    CHECK(best_of_n(p, &s, "q", options).answer == "b");
    options.vote = Vote::bests;
    const Result result = best_of_n(p, &s, "q", options);
    CHECK(result.answer == "a");
    CHECK(result.score > 0.5);
    CHECK(result.score < 1);
}

TEST_CASE("a path's score from its steps'") {
    CHECK(aggregate(Aggregate::product, {0.5f, 0.25f, 1.0f}) == 0.125);
    CHECK(aggregate(Aggregate::minimum, {0.5f, 0.25f, 1.0f}) == 0.25);
    CHECK(aggregate(Aggregate::last, {0.5f, 0.25f, 1.0f}) == 1);
    CHECK(aggregate(Aggregate::product, {}) == 1);
}

TEST_CASE("beam keeps the best paths") {
    TableProposer p = astray();
    p.all = true;
    FunctionScorer s = judge();
    Options options = plain();
    options.shared.width = 1;
    const Result scored = beam(p, &s, "2+3+4", options);
    CHECK(scored.answer == "9");
    CHECK(scored.score == doctest::Approx(0.81));
    CHECK(scored.expanded == 2);
    CHECK(scored.step_scores.size() == 2);
    // Without a scorer the likelihood decides: a beam of 1 is greedy.
    const Result likeliest = beam(p, nullptr, "2+3+4", options);
    CHECK(likeliest.answer == "10");
    options.shared.width = 3;
    CHECK(beam(p, nullptr, "2+3+4", options).score == doctest::Approx(std::log(0.4)));
}

TEST_CASE("a wider beam finds what a narrow one drops") {
    TableProposer p;
    p.all = true;
    p.table["q"] = {{"x", false, 0.6}, {"y", false, 0.4}};
    p.table["x"] = {{"x1", true, 0.3}, {"x2", true, 0.35}, {"x3", true, 0.35}};
    p.table["y"] = {{"y1", true, 1.0}};
    Options options = plain();
    options.shared.width = 1;
    CHECK(beam(p, nullptr, "q", options).answer == "x2");
    options.shared.width = 2;
    CHECK(beam(p, nullptr, "q", options).answer == "y1"); // 0.4 against 0.21
}

TEST_CASE("the same stream gives the same result, another one other draws") {
    TableProposer p = astray();
    Options options = plain();
    options.shared.samples = 50;
    const Result a = majority(p, "2+3+4", options), b = majority(p, "2+3+4", options);
    CHECK(a.score == b.score);
    CHECK(a.steps == b.steps);
    std::set<double> scores;
    for (options.stream = 0; options.stream < 8; ++options.stream)
        scores.insert(majority(p, "2+3+4", options).score);
    CHECK(scores.size() > 1);
}

TEST_CASE("with a public goal every search ends there, and greedy does not look") {
    TableProposer p;
    p.table["q"] = {{"a", true, 0.8}, {"r", false, 0.2}};
    p.table["r"] = {{"a", true, 0.7}, {"b", true, 0.3}};
    Options options = plain();
    options.proposals = 1; // so that A* has to open what it closed again
    options.budget = 2000;
    options.shared.samples = 500;
    FunctionRules rules;
    rules.at_goal = [](const Path& path) { return path.steps.back() == "b"; };
    options.rules = &rules;
    for (const Result& result : {majority(p, "q", options), best_of_n(p, nullptr, "q", options),
                                 astar(p, nullptr, "q", options)}) {
        CHECK(result.finished);
        CHECK(result.steps == std::vector<std::string>{"r", "b"});
        CHECK(result.tokens < 2000);
    }
    options.proposals = 40;
    CHECK(beam(p, nullptr, "q", options).steps == std::vector<std::string>{"r", "b"});
    CHECK(greedy(p, "q", options).answer == "a");

    // Out of reach: the budget ends it, and nothing that misses the goal is an answer.
    rules.at_goal = [](const Path&) { return false; };
    options.budget = 300;
    for (const Result& result : {majority(p, "q", options), best_of_n(p, nullptr, "q", options),
                                 astar(p, nullptr, "q", options), beam(p, nullptr, "q", options)})
        CHECK(!result.finished);
}

TEST_CASE("paths in one state are one node") {
    TableProposer p;
    p.all = true;
    p.table["q"] = {{"x1", false, 0.6}, {"x2", false, 0.4}};
    p.table["x1"] = {{"end", true, 1.0}};
    p.table["x2"] = {{"end", true, 1.0}};
    Options options = plain();
    options.step_cost = StepCost::unit;
    options.shared.trace = true;
    FunctionRules rules;
    rules.state_of = [](const Path& path) {
        return path.steps.empty() ? path.problem : path.steps.back().substr(0, 1);
    };
    options.rules = &rules;
    const Result result = astar(p, nullptr, "q", options);
    CHECK(result.answer == "end");
    CHECK(result.expanded == 2); // x2 is x1
}
