// A scorer whose head is on the policy's trunk: the scores of reading anew, for the price of the
// head.
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/solve.h"
#include "tests/search/tiny_models.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::search;

namespace {

// Random weights that end their steps often, and heads of their own on the same trunk.
struct OneTrunk {
    tokenizer::Tokenizer tokenizer;
    engine::Gpt policy, writer, judge;

    static engine::Gpt random_policy() {
        engine::GptConfig config = tiny();
        config.family = engine::Family::qwen3;
        config.tied = false;
        engine::Gpt model(config, Random(5, "one_trunk"));
        const tokenizer::Tokenizer marks;
        engine::Tensor& head = model.parameter("lm_head.weight").value;
        const auto raise = [&](int token, float by) {
            for (int64_t i = 0; i < 16; ++i) head[token * 16 + i] += i % 2 == 0 ? by : -by;
        };
        for (const std::string_view name : {tokenizer::kStep, tokenizer::kAnswer})
            raise(marks.special(name), 0.9f);
        for (const char c : std::string("0123456789")) raise(marks.encode({&c, 1})[0], 0.7f);
        return model;
    }
    OneTrunk() : policy(random_policy()), writer(policy), judge(engine::with_scalar_head(policy)) {
        Random random(6, "one_trunk");
        writer.parameter("lm_head.weight").value = writer.parameter("lm_head.weight").value.clone();
        for (float& x : writer.parameter("lm_head.weight").value.values())
            x += 0.2f * static_cast<float>(random.normal());
        for (float& x : judge.parameter("score.weight").value.values())
            x = static_cast<float>(random.normal());
    }
};

const std::vector<std::string> kProblems{"1+2", "12*(3-4)", "7", "3*3+3"};

std::vector<Path> drawn_steps(GptProposer& proposer) {
    std::vector<Path> paths;
    for (const std::string& problem : kProblems) {
        const ProposeRequest request{{problem, {}, false}, 12, 1, 3};
        const Proposals drawn = proposer.propose({&request, 1})[0];
        for (const Proposal& step : drawn.steps)
            paths.push_back({problem, {step.text}, step.final});
    }
    return paths;
}

// A judge on the policy's trunk, and one that reads anew.
struct TwoReadings {
    OneTrunk m;
    GptProposer proposer{m.policy, m.tokenizer, 1, {12, 6, 64}};
    GptScorer beside, anew;
    std::vector<Path> paths = drawn_steps(proposer);

    explicit TwoReadings(engine::Gpt OneTrunk::*judge)
        : beside(proposer, m.*judge, m.tokenizer, Reading::each_step),
          anew(m.*judge, m.tokenizer, Reading::each_step) {}
};

void check_same(const std::vector<Scores>& a, const std::vector<Scores>& b) {
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].steps == b[i].steps);
        CHECK(a[i].tokens == b[i].tokens);
    }
}

} // namespace

TEST_CASE("what the policy has drawn is rated by a head of the next token without its trunk") {
    TwoReadings two(&OneTrunk::writer);
    REQUIRE(two.paths.size() > 8);
    const int64_t before = two.proposer.tokens_evaluated();
    check_same(two.beside.score(two.paths), two.anew.score(two.paths));
    CHECK(two.proposer.tokens_evaluated() == before);
    CHECK(two.anew.tokens_evaluated() > 0);
    // What nobody drew is read by the trunk, once.
    const std::vector<Path> others{{"9+9", {"18"}, true}, {"9+9", {"17", "4"}, false}};
    check_same(two.beside.score(others), two.anew.score(others));
    const int64_t read = two.proposer.tokens_evaluated();
    CHECK(read > before);
    check_same(two.beside.score(others), two.anew.score(others));
    CHECK(two.proposer.tokens_evaluated() == read);
    // And the policy draws as it did.
    GptProposer alone(two.m.policy, two.m.tokenizer, 1, {12, 6, 64});
    CHECK(drawn_steps(alone).size() == two.paths.size());
    CHECK(two.beside.on_proposers_trunk());
    CHECK_FALSE(two.anew.on_proposers_trunk());
    CHECK(two.beside.score_multiply_adds() < two.anew.score_multiply_adds() / 1.5);
}

TEST_CASE("a scalar head costs one token of the trunk, the step's end") {
    TwoReadings two(&OneTrunk::judge);
    const int64_t before = two.proposer.tokens_evaluated();
    check_same(two.beside.score(two.paths), two.anew.score(two.paths));
    CHECK(two.proposer.tokens_evaluated() - before == std::ssize(two.paths));
}

TEST_CASE("every method finds the same on one trunk as with two networks, in fewer tokens") {
    OneTrunk m;
    GptProposer apart(m.policy, m.tokenizer, 1, {12, 6, 64});
    GptProposer shared(m.policy, m.tokenizer, 1, {12, 6, 64});
    for (const engine::Gpt* judge : {&m.writer, &m.judge}) {
        GptScorer anew(*judge, m.tokenizer, Reading::each_step);
        GptScorer beside(shared, *judge, m.tokenizer, Reading::each_step);
        for (const Method method :
             {Method::best_of_n, Method::beam, Method::mcts, Method::astar, Method::qstar}) {
            CAPTURE(name_of(method));
            Options options;
            options.budget = 400;
            options.shared.samples = 20;
            const auto a = solve(kProblems, method, apart, &anew, options);
            const auto b = solve(kProblems, method, shared, &beside, options);
            for (size_t i = 0; i < a.size(); ++i) {
                CHECK(a[i].steps == b[i].steps);
                CHECK(a[i].step_scores == b[i].step_scores);
                CHECK(a[i].tokens == b[i].tokens);
                CHECK(b[i].evaluated < a[i].evaluated);
                CHECK(a[i].evaluated <= static_cast<double>(a[i].tokens));
            }
            // By what is evaluated, the budget buys more, and is kept as well.
            options.cost = Cost::evaluated;
            const auto c = solve(kProblems, method, shared, &beside, options);
            for (size_t i = 0; i < c.size(); ++i) {
                CHECK(c[i].evaluated <= 400);
                CHECK(c[i].generated >= b[i].generated);
            }
        }
    }
}

TEST_CASE("what is counted as evaluated is what the models evaluate for one problem alone") {
    OneTrunk m;
    for (const Method method : {Method::greedy, Method::majority, Method::beam, Method::astar}) {
        CAPTURE(name_of(method));
        GptProposer proposer(m.policy, m.tokenizer, 1, {12, 6, 64});
        GptScorer scorer(proposer, m.writer, m.tokenizer, Reading::each_step);
        Options options;
        options.budget = 300;
        const Result result = solve({&kProblems[1], 1}, method, proposer, &scorer, options)[0];
        const auto counted = static_cast<double>(proposer.tokens_evaluated());
        const double of_head = scorer.score_multiply_adds() / proposer.multiply_adds();
        CHECK(result.evaluated > 0);
        // A prefix that is drawn from again has its last token fed again; the head is counted, too.
        CHECK(result.evaluated >= counted - static_cast<double>(result.expanded) - 8);
        CHECK(result.evaluated <= counted * (1 + of_head));
    }
}
