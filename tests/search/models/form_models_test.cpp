// Proposer and scorer where steps are lines of text, as models of others write them.
#include "search/models/encode.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "tests/search/tiny_models.h"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::search;

namespace {

// Bytes and one special token; an answer is a line with "=".
tokenizer::Tokenizer line_tokenizer() {
    std::vector<std::string> tokens = tokenizer::byte_tokens();
    tokens.emplace_back("</s>");
    return tokenizer::Tokenizer(std::move(tokens), {}, {256})
        .with_form({"Q {problem}\n", "\n", "={answer}", 0});
}

// Writes line feeds, digits, "=" and </s> more often than other tokens.
engine::Gpt line_writer() {
    engine::Gpt model(tiny(), Random(3, "form_models_test"));
    engine::Tensor& table = model.parameter("wte.weight").value;
    model.parameter("ln_f.bias").value[0] = 3;
    const tokenizer::Tokenizer bytes;
    for (const char c : std::string("0123456789=\n")) table[bytes.encode({&c, 1})[0] * 16] = 1.1f;
    table[256 * 16] = 0.8f;
    return model;
}

ProposeRequest ask(Path path, int samples, uint64_t stream) {
    ProposeRequest request;
    request.path = std::move(path);
    request.samples = samples;
    request.stream = stream;
    return request;
}

} // namespace

TEST_CASE("steps of lines are drawn, once each, and the batch changes nothing") {
    const engine::Gpt model = line_writer();
    const tokenizer::Tokenizer tokenizer = line_tokenizer();
    GptProposer wide(model, tokenizer, 1, {16, 8, 64}), narrow(model, tokenizer, 1, {16, 8, 3});
    std::vector<ProposeRequest> requests;
    for (int i = 0; i < 6; ++i)
        requests.push_back(
            ask({"1+" + std::to_string(i),
                 i % 2 ? std::vector<std::string>{"7"} : std::vector<std::string>{}, false},
                8, static_cast<uint64_t>(i)));
    const std::vector<Proposals> a = wide.propose(requests), b = narrow.propose(requests);
    int steps = 0, finals = 0;
    for (size_t i = 0; i < requests.size(); ++i) {
        CHECK(same(a[i], b[i]));
        for (const Proposal& step : a[i].steps) {
            ++steps;
            finals += step.final;
            CHECK(step.text.find('\n') == std::string::npos);
            CHECK(step.text.find_first_not_of(' ') != std::string::npos);
            if (step.text.find('=') != std::string::npos) CHECK(step.final);
        }
    }
    CHECK(steps > 10);
    CHECK(finals > 3);
}

TEST_CASE("solutions of lines end at the answer's line") {
    const engine::Gpt model = line_writer();
    const tokenizer::Tokenizer tokenizer = line_tokenizer();
    GptProposer proposer(model, tokenizer, 1, {16, 6, 64});
    const ProposeRequest request = ask({"1+2", {}, false}, 40, 9);
    int finished = 0;
    const std::vector<std::vector<Solution>> drawn = proposer.complete({&request, 1});
    for (const Solution& solution : drawn[0]) {
        finished += solution.path.finished;
        for (size_t i = 0; i + 1 < solution.path.steps.size(); ++i)
            CHECK(solution.path.steps[i].find('=') == std::string::npos);
    }
    CHECK(finished > 10);
}

TEST_CASE("the likeliest lines are listed once each, call after call") {
    const engine::Gpt model = line_writer();
    const tokenizer::Tokenizer tokenizer = line_tokenizer();
    GptProposer proposer(model, tokenizer, 1, {5, 8, 64});
    ProposeRequest request = ask({"1+2", {"8"}, false}, 12, 0);
    request.n_best = true;
    std::set<std::pair<std::string, bool>> listed;
    double total = 0;
    for (int call = 0; call < 10; ++call) {
        const Proposals found = proposer.propose({&request, 1})[0];
        for (const Proposal& step : found.steps) {
            CHECK(listed.emplace(step.text, step.final).second);
            CHECK(step.text.find('\n') == std::string::npos);
            if (step.text.find('=') != std::string::npos) CHECK(step.final);
            total += std::exp(static_cast<double>(step.log_prob));
            request.known.push_back(step);
        }
    }
    CHECK(listed.size() > 20);
    CHECK(total > 0.01);
    CHECK(total <= 1.0001);
    // The one that is drawn most often is among the first.
    ProposeRequest draws = ask({"1+2", {"8"}, false}, 500, 3);
    const Proposals often = proposer.propose({&draws, 1})[0];
    const auto most = std::ranges::max_element(often.steps, {}, &Proposal::count);
    REQUIRE(most != often.steps.end());
    CHECK(listed.contains({most->text, most->final}));
}

TEST_CASE("a scorer reads each line at its end, and shares what paths share") {
    const engine::Gpt model = engine::with_scalar_head(line_writer());
    const tokenizer::Tokenizer tokenizer = line_tokenizer();
    GptScorer scorer(model, tokenizer), alone(model, tokenizer, 1, false);
    const std::vector<Path> paths = {{"1+2", {"1", "2"}, false}, {"1+2", {"1", "3"}, true}};
    const EncodedPath encoded = encode(tokenizer, paths[1]);
    CHECK(tokenizer.decode(encoded.tokens) == "Q 1+2\n1\n=3\n");
    for (const int end : encoded.ends)
        CHECK(tokenizer.token(encoded.tokens[static_cast<size_t>(end)]) == "\n");
    const std::vector<Scores> scores = scorer.score(paths);
    REQUIRE(scores[0].steps.size() == 2);
    CHECK(scores[0].steps[0] == scores[1].steps[0]);
    CHECK(scores[1].tokens == static_cast<int64_t>(encoded.tokens.size()));
    for (size_t i = 0; i < 2; ++i) CHECK(alone.score({&paths[i], 1})[0].steps == scores[i].steps);
}

TEST_CASE("a calculator finishes what the model begins") {
    // One token begins an annotation, and the model likes it.
    std::vector<std::string> tokens = tokenizer::byte_tokens();
    tokens.emplace_back("</s>");
    tokens.emplace_back("<<3*4=");
    const tokenizer::Tokenizer tokenizer = tokenizer::Tokenizer(std::move(tokens), {}, {256})
                                               .with_form({"Q {problem}\n", "\n", "A{answer}", 0});
    engine::Gpt model = line_writer();
    model.parameter("wte.weight").value[257 * 16] = 1.8f;
    GptProposer wide(model, tokenizer, 1, {24, 8, 64}), narrow(model, tokenizer, 1, {24, 8, 3});
    std::vector<ProposeRequest> requests;
    for (const bool listed : {false, true}) {
        requests.push_back(ask({"1+2", {}, false}, 30, 4));
        requests.back().n_best = listed;
        requests.push_back(requests.back());
        requests.back().calculator = true;
    }
    const std::vector<Proposals> all = wide.propose(requests);
    const auto holds = [](const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    for (size_t i = 0; i < requests.size(); ++i) {
        int begun = 0, calculated = 0;
        for (const Proposal& step : all[i].steps) {
            begun += holds(step.text, "<<3*4=");
            calculated += holds(step.text, "<<3*4=12>>");
        }
        CHECK(begun > 0);
        if (requests[i].calculator)
            CHECK(calculated == begun);
        else
            CHECK(calculated == 0);
        CHECK(same(all[i], wide.propose({&requests[i], 1})[0]));
        if (!requests[i].n_best) CHECK(same(all[i], narrow.propose({&requests[i], 1})[0]));
    }
    ProposeRequest whole = requests[1];
    int begun = 0;
    for (const std::vector<Solution> drawn = wide.complete({&whole, 1})[0];
         const Solution& solution : drawn)
        for (const std::string& step : solution.path.steps)
            if (holds(step, "<<3*4=")) begun += holds(step, "<<3*4=12>>") ? 1 : 1000;
    CHECK(begun > 0);
    CHECK(begun < 1000);
}
