// No method spends more than its budget, whatever the budget.
#include "search/cost/meter.h"

#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/solve.h"
#include "tests/search/doubles.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

constexpr Method kEveryMethod[] = {Method::greedy, Method::majority, Method::best_of_n,
                                   Method::beam,   Method::mcts,     Method::astar,
                                   Method::qstar};

// Random weights: texts of any length, and seldom an answer.
struct Babble {
    tokenizer::Tokenizer tokenizer;
    engine::Gpt model, reward;
    GptProposer proposer;
    GptScorer scorer;

    static engine::Gpt random_model() {
        engine::GptConfig config;
        config.layers = 1;
        config.heads = 2;
        config.width = 16;
        config.context = 96;
        config.vocab = tokenizer::Tokenizer().size();
        engine::Gpt model(config, Random(5, "meter_test"));
        model.parameter("ln_f.bias").value[0] = 3;
        for (const std::string_view name : {tokenizer::kStep, tokenizer::kAnswer})
            model.parameter("wte.weight").value[tokenizer::Tokenizer().special(name) * 16] = 1.4f;
        return model;
    }
    Babble()
        : model(random_model()), reward(engine::with_scalar_head(model)),
          proposer(model, tokenizer, 1, {12, 6, 64}), scorer(reward, tokenizer) {}
};

} // namespace

TEST_CASE("no method spends more than its budget of tokens") {
    Random random(3, "meter_test");
    std::map<Method, int> finished;
    FunctionScorer s([](const Path& path) { return line_score(path.steps.back()); });
    for (int graph = 0; graph < 6; ++graph) {
        TableProposer p = random_graph(random, 12);
        p.all = graph % 2 == 1;
        for (const Method method : kEveryMethod) {
            for (const int64_t budget : {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 1000}) {
                Options options;
                options.budget = budget;
                options.shared.samples = 100000;
                options.shared.batch = 1 + graph % 3;
                FunctionRules rules;
                rules.at_goal = [](const Path& path) { return path.steps.size() > 2; };
                if (graph >= 4) options.rules = &rules;
                const std::string problem = "n0";
                const Result result = solve({&problem, 1}, method, p, &s, options)[0];
                CAPTURE(name_of(method));
                CAPTURE(budget);
                CHECK(result.tokens <= budget);
                CHECK(!result.ended.empty());
                finished[method] += result.finished;
                if (method == Method::majority && graph < 4 && budget == 1000)
                    CHECK(result.tokens > 900); // it is used, too
            }
        }
    }
    for (const Method method : kEveryMethod) CHECK(finished[method] > 0);
}

TEST_CASE("nor does it over real models, and says that the budget is spent") {
    Babble b;
    const std::vector<std::string> problems{"1+2", "12*(3-4)", "7"};
    for (const Method method : kEveryMethod) {
        int ended = 0;
        for (const int64_t budget : {1, 7, 20, 33, 60, 100, 170, 290, 500}) {
            Options options;
            options.budget = budget;
            options.shared.samples = 100000;
            CAPTURE(name_of(method));
            for (const Result& result : solve(problems, method, b.proposer, &b.scorer, options)) {
                CHECK(result.tokens <= budget);
                CHECK(result.evaluated <= static_cast<double>(result.tokens));
                ended += result.ended == "tokens";
            }
            options.cost = Cost::evaluated;
            options.shared.samples = 50; // one that was drawn before costs nothing
            for (const Result& result : solve(problems, method, b.proposer, &b.scorer, options))
                CHECK(result.evaluated <= static_cast<double>(budget));
        }
        CHECK(ended > 3);
    }
}

TEST_CASE("a limit cuts draws off and changes none of those before") {
    Babble b;
    const ProposeRequest whole{{"3*4", {"9"}, false}, 20, 1, 5};
    const Proposals all = b.proposer.propose({&whole, 1})[0];
    REQUIRE(all.steps.size() > 2);
    const int64_t prefix = b.proposer.prefix_tokens(whole.path);
    CHECK(prefix < all.tokens);
    for (int64_t limit = 0; limit <= all.tokens + 3; ++limit) {
        ProposeRequest request = whole;
        request.limit = limit;
        const Proposals some = b.proposer.propose({&request, 1})[0];
        CHECK(some.tokens == std::min(limit, all.tokens));
        CHECK(some.generated <= all.generated);
        REQUIRE(some.steps.size() <= all.steps.size());
        for (size_t i = 0; i < some.steps.size(); ++i) {
            CHECK(some.steps[i].text == all.steps[i].text);
            CHECK(some.steps[i].count <= all.steps[i].count);
        }
        int64_t tokens = 0;
        const auto solutions = b.proposer.complete({&request, 1});
        for (const Solution& solution : solutions[0]) tokens += solution.tokens;
        CHECK(tokens <= limit);
    }
}

TEST_CASE("a path is charged what it was said to cost") {
    Babble b;
    const std::vector<Path> paths{
        {"3*4", {"9"}, false}, {"1", {}, false}, {"2+2", {"4", "5"}, true}};
    const std::vector<Scores> scores = b.scorer.score(paths);
    for (size_t i = 0; i < paths.size(); ++i)
        CHECK(scores[i].tokens == b.scorer.score_tokens(paths[i]));
}

TEST_CASE("what the budget does not pay for is worth nothing") {
    TableProposer p;
    FunctionScorer s([](const Path&) { return 0.5f; });
    Options options;
    options.budget = 5;
    Result result;
    Meter meter(p, &s, options, result);
    const std::vector<Path> paths{
        {"q", {"a", "b"}, false}, {"q", {"c"}, false}, {"q", {"d", "e", "f"}, false}};
    const std::vector<Rating> ratings = meter.score(paths);
    CHECK(ratings[0].score == 0.25);
    CHECK(ratings[1].score == 0.5);
    CHECK(ratings[2].score == 0);
    CHECK(ratings[2].steps.empty());
    CHECK(result.tokens == 3);
    CHECK(!meter.spent());
}

TEST_CASE("seconds are a budget, too") {
    TableProposer p;
    p.table["n0"] = {{"n0", false, 1.0}};
    Options options;
    options.budget = int64_t{1} << 40;
    options.shared.seconds = 1e-9;
    FunctionRules rules;
    rules.at_goal = [](const Path&) { return false; }; // without end
    options.rules = &rules;
    const std::string problem = "n0";
    for (const Method method : {Method::majority, Method::best_of_n, Method::beam, Method::astar})
        CHECK(solve({&problem, 1}, method, p, nullptr, options)[0].ended == "seconds");
}
