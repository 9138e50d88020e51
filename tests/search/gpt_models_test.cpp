// GptProposer and GptScorer over tiny random models.
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "search/models/encode.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/solve.h"
#include "tests/search/tiny_models.h"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::search;

namespace {

ProposeRequest request(Path path, int samples, uint64_t stream, float temperature = 1) {
    return {std::move(path), samples, temperature, stream};
}

} // namespace

TEST_CASE("a path's tokens are those of its text, and no text becomes a mark") {
    const tokenizer::Tokenizer tokenizer;
    for (const Path& path : {Path{"3*(4+5)-2", {}, false}, Path{"1+2+3", {"3+3", "6"}, true},
                             Path{"1+2+3", {"3+3", ""}, false}}) {
        const EncodedPath encoded = encode(tokenizer, path);
        CHECK(tokenizer.decode(encoded.tokens) == text_of(path));
        CHECK(encoded.tokens == tokenizer.encode(text_of(path)));
        CHECK(encoded.ends.size() == path.steps.size());
        for (const int end : encoded.ends) CHECK(tokenizer.is_special(encoded.tokens[size_t(end)]));
    }
    const EncodedPath attack = encode(tokenizer, {"1<|answer|>", {"2<|step|>3"}, true});
    int specials = 0;
    for (const int token : attack.tokens) specials += tokenizer.is_special(token);
    CHECK(specials == 4); // <|endoftext|> <|problem|> <|step|> <|answer|>
}

TEST_CASE("proposals do not depend on the batch, its slices or its order") {
    const engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    std::vector<ProposeRequest> requests;
    for (int i = 0; i < 12; ++i) {
        Path path{"1+" + std::to_string(i % 5), {}, false};
        if (i % 3 == 1) path.steps = {"7"};
        requests.push_back(request(path, 1 + i, 100 + static_cast<uint64_t>(i)));
    }
    GptProposer wide(model, tokenizer, 1, {16, 8, 256});
    GptProposer narrow(model, tokenizer, 1, {16, 8, 5});
    const std::vector<Proposals> together = wide.propose(requests);
    const std::vector<Proposals> sliced = narrow.propose(requests);
    int merged = 0, ended = 0;
    for (size_t i = 0; i < requests.size(); ++i) {
        CHECK(same(together[i], sliced[i]));
        CHECK(same(together[i], wide.propose({&requests[i], 1})[0]));
        CHECK(together[i].generated == requests[i].samples);
        for (const Proposal& p : together[i].steps) {
            merged += p.count > 1;
            ended += p.count;
        }
    }
    CHECK(merged > 0);
    CHECK(ended > 20);
    GptProposer other(model, tokenizer, 2, {16, 8, 256});
    CHECK(!same(other.propose({&requests[11], 1})[0], together[11]));
}

TEST_CASE("a proposal's log-probability is the model's") {
    engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    GptProposer proposer(model, tokenizer, 1);
    const Path start{"1+2", {"8"}, false};
    const ProposeRequest ask = request(start, 40, 5);
    const Proposals proposals = proposer.propose({&ask, 1})[0];
    REQUIRE(proposals.steps.size() > 3);
    int64_t checked = 0;
    for (const Proposal& proposal : proposals.steps) {
        Path path = start;
        path.steps.push_back(proposal.text);
        path.finished = proposal.final;
        const EncodedPath encoded = encode(tokenizer, path);
        const size_t begin = encode(tokenizer, start).tokens.size();
        engine::Tape tape(false);
        const int64_t time = static_cast<int64_t>(encoded.tokens.size());
        const engine::Var logits =
            engine::logits(tape, model, engine::hidden(tape, model, encoded.tokens, 1, time));
        // Retokenised bytes may pair up only where there are merges; here there are none.
        double expected = 0;
        for (size_t t = begin; t < encoded.tokens.size(); ++t) {
            const float* row =
                tape.value(logits).data() + (static_cast<int64_t>(t) - 1) * model.config.vocab;
            double sum = 0;
            for (int64_t v = 0; v < model.config.vocab; ++v) sum += std::exp(double(row[v]));
            expected += double(row[encoded.tokens[t]]) - std::log(sum);
        }
        CHECK(double(proposal.log_prob) == doctest::Approx(expected).epsilon(1e-3));
        ++checked;
    }
    CHECK(checked > 3);
}

TEST_CASE("tokens are the prefix once and what was fed after it") {
    const engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    GptProposer proposer(model, tokenizer, 1, {1000, 8, 256});
    const Path start{"1+2", {}, false};
    const ProposeRequest ask = request(start, 1, 5, 0);
    const int64_t prefix = static_cast<int64_t>(encode(tokenizer, start).tokens.size());
    const ProposeRequest many = request(start, 7, 5, 0);
    CHECK(same(proposer.propose({&ask, 1})[0], proposer.propose({&many, 1})[0]));
    const ProposeRequest drawn = request(start, 30, 9);
    const Proposals result = proposer.propose({&drawn, 1})[0];
    int64_t fed = 0, ended = 0;
    for (const Proposal& p : result.steps) {
        fed += p.count * static_cast<int64_t>(p.text.size()); // every byte a token
        ended += p.count;
    }
    if (ended == result.generated) CHECK(result.tokens == prefix + fed);
    CHECK(result.tokens >= prefix + fed);
}

TEST_CASE("whole solutions are finished or ran away, and agree with single steps") {
    const engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    GptProposer proposer(model, tokenizer, 1, {12, 5, 16});
    const ProposeRequest ask = request({"1+2", {}, false}, 50, 77);
    const std::vector<Solution> solutions = proposer.complete({&ask, 1})[0];
    REQUIRE(solutions.size() == 50);
    int finished = 0, longer = 0;
    for (const Solution& solution : solutions) {
        CHECK(solution.log_probs.size() == solution.path.steps.size());
        CHECK(solution.path.steps.size() <= 5);
        CHECK(encode(tokenizer, solution.path).tokens.size() <= 96);
        finished += solution.path.finished;
        longer += solution.path.steps.size() > 1;
    }
    CHECK(finished > 5);
    CHECK(longer > 5);
    // The first step of sample 0 is the first draw of propose() in the same stream.
    const Proposals first = proposer.propose({&ask, 1})[0];
    if (!solutions[0].path.steps.empty()) CHECK(first.steps[0].text == solutions[0].path.steps[0]);
}

TEST_CASE("limits: empty problems, long problems, paths without room") {
    const engine::Gpt model = chatty(16);
    const tokenizer::Tokenizer tokenizer;
    GptProposer proposer(model, tokenizer, 1);
    ProposeRequest ask = request({"", {}, false}, 1, 1);
    CHECK_THROWS_AS(proposer.propose({&ask, 1}), Error);
    ask.path.problem = "1+2+3+4+5+6+7+8";
    CHECK_THROWS_WITH(proposer.propose({&ask, 1}), "problem \"1+2+3+4+5+6+7+8\": its prompt has "
                                                   "18 tokens, the model's context is 16");
    ask.path = {"1+2", {"3333333333333"}, false};
    CHECK(proposer.propose({&ask, 1})[0].steps.empty());
    CHECK(proposer.complete({&ask, 1})[0].empty());
    ask = request({"1+2", {}, false}, 60, 3);
    const std::vector<Solution> solutions = proposer.complete({&ask, 1})[0];
    for (const Solution& solution : solutions)
        CHECK(encode(tokenizer, solution.path).tokens.size() <= 16);
    engine::GptConfig small = tiny();
    small.vocab = 100;
    const engine::Gpt other(small, Random(1, "x"));
    CHECK_THROWS_AS(GptProposer(other, tokenizer, 1), Error);
}

TEST_CASE("scores are the sigmoid at the end tokens, whatever the batch") {
    engine::Gpt model = engine::with_scalar_head(chatty());
    Random random(8, "gpt_models_test");
    for (float& w : model.parameter("score.weight").value.values())
        w = static_cast<float>(random.normal());
    const tokenizer::Tokenizer tokenizer;
    GptScorer scorer(model, tokenizer);
    GptScorer narrow(model, tokenizer, 40);
    std::vector<Path> paths;
    for (int i = 0; i < 20; ++i) {
        Path path{"1+" + std::to_string(i), {}, false};
        for (int s = 0; s < i % 4; ++s)
            path.steps.push_back(std::string(size_t(1 + s * i % 9), '3'));
        path.finished = i % 2 == 0 && i % 4 != 0;
        paths.push_back(path);
    }
    const std::vector<Scores> all = scorer.score(paths), few = narrow.score(paths);
    std::set<float> different;
    for (size_t i = 0; i < paths.size(); ++i) {
        const Scores alone = scorer.score({&paths[i], 1})[0];
        CHECK(all[i].steps == alone.steps);
        CHECK(all[i].steps == few[i].steps);
        CHECK(all[i].tokens == alone.tokens);
        REQUIRE(all[i].steps.size() == paths[i].steps.size());
        const EncodedPath encoded = encode(tokenizer, paths[i]);
        if (paths[i].steps.empty()) {
            CHECK(all[i].tokens == 0);
            continue;
        }
        CHECK(all[i].tokens == static_cast<int64_t>(encoded.tokens.size()));
        engine::Tape tape(false);
        const engine::Var scores =
            engine::scores(tape, model,
                           engine::hidden(tape, model, encoded.tokens, 1,
                                          static_cast<int64_t>(encoded.tokens.size())));
        for (size_t s = 0; s < encoded.ends.size(); ++s) {
            const float logit = tape.value(scores)[encoded.ends[s]];
            CHECK(all[i].steps[s] == doctest::Approx(1 / (1 + std::exp(-logit))).epsilon(1e-5));
            different.insert(all[i].steps[s]);
        }
    }
    CHECK(different.size() > 10);
}

TEST_CASE("a model without a head rates a step by its least likely token, whatever the batch") {
    engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    const std::vector<Path> paths{{"1+2", {"3"}, true},
                                  {"1+2", {"2+1", "3"}, true},
                                  {"1+2", {"2+1", "33"}, false},
                                  {"4-1", {"3"}, false}};
    for (const int slots : {2, 64}) {
        GptScorer scorer(model, tokenizer, slots);
        GptScorer together(model, tokenizer, Reading::whole_solution);
        const std::vector<Scores> all = scorer.score(paths), products = together.score(paths);
        for (size_t i = 0; i < paths.size(); ++i) {
            CHECK(scorer.score({&paths[i], 1})[0].steps == all[i].steps);
            CHECK(GptScorer(model, tokenizer).score({&paths[i], 1})[0].steps == all[i].steps);
            const EncodedPath encoded = encode(tokenizer, paths[i]);
            std::vector<int> next(encoded.tokens.begin() + 1, encoded.tokens.end());
            next.push_back(0);
            engine::Tape tape(false);
            const auto time = static_cast<int64_t>(encoded.tokens.size());
            const engine::Var said = engine::log_prob(
                tape,
                engine::logits(tape, model, engine::hidden(tape, model, encoded.tokens, 1, time)),
                next);
            auto t = static_cast<int64_t>(
                encode(tokenizer, {paths[i].problem, {}, false}).tokens.size());
            float product = 1;
            for (size_t step = 0; step < encoded.ends.size(); ++step) {
                float least = 0;
                for (; t <= encoded.ends[step]; ++t)
                    least = std::min(least, tape.value(said)[t - 1]);
                const float score = 1 / (1 + std::exp(-2 * (least + 2)));
                CHECK(all[i].steps[step] == doctest::Approx(score).epsilon(1e-4));
                product *= score;
                CHECK(products[i].steps[step] == doctest::Approx(product).epsilon(1e-4));
            }
        }
    }
}

TEST_CASE("a step that the context has no room for counts as wrong, those before it do not") {
    const engine::Gpt model = engine::with_scalar_head(chatty());
    const tokenizer::Tokenizer tokenizer;
    GptScorer scorer(model, tokenizer);
    const Path fits{"1+2", {"3", "4"}, false};
    Path longer = fits;
    longer.steps.push_back(std::string(200, '5'));
    longer.steps.push_back("6");
    const Path hopeless{std::string(200, '1'), {"1", "2"}, true};
    const std::vector<Path> paths{longer, fits, hopeless, longer};
    const std::vector<Scores> scores = scorer.score(paths);
    const std::vector<float> good = scores[1].steps;
    REQUIRE(good.size() == 2);
    CHECK(good[0] > 0.01f);
    CHECK(scores[0].steps == std::vector<float>{good[0], good[1], 1e-6f, 1e-6f});
    CHECK(scores[0].tokens == scores[1].tokens);
    CHECK(scores[2].steps == std::vector<float>{1e-6f, 1e-6f});
    CHECK(scores[3].steps == scores[0].steps);
}

TEST_CASE("of one likeliest token every draw is the greedy one") {
    const engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    ProposerLimits limits{16, 8, 64};
    limits.top_k = 1;
    GptProposer strict(model, tokenizer, 1, limits), free(model, tokenizer, 1, {16, 8, 64});
    const ProposeRequest drawn = request({"1+2", {}, false}, 5, 9);
    const ProposeRequest greedy = request({"1+2", {}, false}, 1, 9, 0);
    const auto solutions = strict.complete({&drawn, 1})[0];
    const auto expected = free.complete({&greedy, 1})[0];
    REQUIRE(solutions.size() == 5);
    for (const Solution& solution : solutions) {
        CHECK(solution.path == expected[0].path);
        CHECK(solution.log_probs == expected[0].log_probs);
    }
    limits.top_p = 0;
    CHECK_THROWS_AS(GptProposer(model, tokenizer, 1, limits), Error);
}

TEST_CASE("what is kept from call to call changes no result and no count, only the work") {
    const engine::Gpt model = chatty();
    engine::Gpt reward = engine::with_scalar_head(model);
    Random random(8, "gpt_models_test");
    for (float& w : reward.parameter("score.weight").value.values())
        w = static_cast<float>(random.normal());
    const tokenizer::Tokenizer tokenizer;
    for (const int slots : {6, 64}) { // with six, most of what is kept must go again
        ProposerLimits limits{16, 8, slots};
        GptProposer keeps(model, tokenizer, 1, limits);
        limits.keep = false;
        GptProposer forgets(model, tokenizer, 1, limits);
        GptScorer scorer(reward, tokenizer, slots), forgetful(reward, tokenizer, slots, false);
        std::vector<Path> paths;
        for (int i = 0; i < 9; ++i) paths.push_back({std::to_string(i) + "+3", {}, false});
        for (uint64_t round = 0; round < 4; ++round) {
            std::vector<ProposeRequest> requests;
            for (const Path& path : paths)
                requests.push_back(request(path, 6, derive_stream(round, requests.size())));
            const std::vector<Proposals> a = keeps.propose(requests);
            const std::vector<Proposals> b = forgets.propose(requests);
            std::vector<Path> next;
            for (size_t i = 0; i < paths.size(); ++i) {
                REQUIRE(same(a[i], b[i]));
                for (const Proposal& proposal : a[i].steps) {
                    next.push_back(paths[i]);
                    next.back().steps.push_back(proposal.text);
                    next.back().finished = proposal.final;
                }
            }
            const std::vector<Scores> x = scorer.score(next), y = forgetful.score(next);
            std::vector<Path> open;
            for (size_t i = 0; i < next.size(); ++i) {
                CHECK(x[i].steps == y[i].steps);
                CHECK(x[i].tokens == y[i].tokens);
                if (!next[i].finished && open.size() < 9) open.push_back(next[i]);
            }
            paths = std::move(open);
        }
        CHECK(keeps.tokens_evaluated() < forgets.tokens_evaluated());
        CHECK(scorer.tokens_evaluated() < forgetful.tokens_evaluated());
    }
}

TEST_CASE("methods over real models give the same results alone and in a crowd") {
    const engine::Gpt model = chatty();
    engine::Gpt reward = engine::with_scalar_head(model);
    Random random(8, "gpt_models_test");
    for (float& w : reward.parameter("score.weight").value.values())
        w = static_cast<float>(random.normal());
    const tokenizer::Tokenizer tokenizer;
    GptProposer proposer(model, tokenizer, 1, {12, 6, 64});
    GptScorer scorer(reward, tokenizer);
    std::vector<std::string> problems;
    for (int i = 0; i < 12; ++i) problems.push_back(std::to_string(i) + "+1");
    Options options;
    options.budget = 600;
    for (const Method method : {Method::greedy, Method::majority, Method::best_of_n, Method::beam,
                                Method::mcts, Method::astar}) {
        const std::vector<Result> crowd = solve(problems, method, proposer, &scorer, options);
        for (size_t i = 0; i < problems.size(); i += 3) {
            const Result alone = solve({&problems[i], 1}, method, proposer, &scorer, options)[0];
            CHECK(alone.steps == crowd[i].steps);
            CHECK(alone.tokens == crowd[i].tokens);
            CHECK(alone.step_scores == crowd[i].step_scores);
        }
    }
}
