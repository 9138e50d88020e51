// The likeliest next steps by a tiny random model, against greedy decoding and many draws.
#include "engine/base/error.h"
#include "search/models/gpt_proposer.h"
#include "tests/sanitized.h"
#include "tests/search/tiny_models.h"
#include <cmath>

#include <doctest/doctest.h>
#include <map>

using namespace qstar;
using namespace qstar::search;

namespace {

ProposeRequest listing(Path path, int samples) {
    ProposeRequest request;
    request.path = std::move(path);
    request.samples = samples;
    request.n_best = true;
    return request;
}

using Step = std::pair<std::string, bool>;

} // namespace

TEST_CASE("the best step alone is the greedy one") {
    const engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    GptProposer proposer(model, tokenizer, 1, {16, 8, 32});
    for (const char* problem : {"1+2", "3*4-5", "7", "2-9+1"}) {
        const ProposeRequest best = listing({problem, {}, false}, 1);
        ProposeRequest greedy = best;
        greedy.n_best = false;
        greedy.temperature = 0;
        const Proposals a = proposer.propose({&best, 1})[0], b = proposer.propose({&greedy, 1})[0];
        REQUIRE(b.steps.size() == 1);
        REQUIRE(a.steps.size() == 1);
        CHECK(a.steps[0].text == b.steps[0].text);
        CHECK(a.steps[0].final == b.steps[0].final);
        CHECK(a.steps[0].log_prob == doctest::Approx(b.steps[0].log_prob).epsilon(1e-5));
        CHECK(a.tokens == b.tokens);
        CHECK(a.generated == 1);
    }
}

TEST_CASE("asked again and again, every likely step comes once" *
          doctest::skip(tests::kSanitized)) {
    const engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    GptProposer proposer(model, tokenizer, 1, {5, 8, 64});
    ProposeRequest ask = listing({"1+2", {"8"}, false}, 12);
    std::map<Step, float> listed;
    for (int call = 0; call < 40; ++call) {
        const Proposals found = proposer.propose({&ask, 1})[0];
        CHECK(found.steps.size() <= 12);
        CHECK(found.generated == static_cast<int>(found.steps.size()));
        if (found.steps.empty()) break;
        for (const Proposal& step : found.steps) {
            CHECK(listed.emplace(Step{step.text, step.final}, step.log_prob).second);
            ask.known.push_back(step);
        }
    }
    double total = 0;
    for (const auto& [step, log_prob] : listed) total += std::exp(static_cast<double>(log_prob));
    CHECK(total <= 1.0001);
    CHECK(listed.size() > 20);

    ProposeRequest draws = ask;
    draws.n_best = false;
    draws.known.clear();
    draws.samples = 3000;
    int compared = 0;
    const Proposals often = proposer.propose({&draws, 1})[0];
    for (const Proposal& drawn : often.steps) {
        const auto at = listed.find({drawn.text, drawn.final});
        if (std::exp(drawn.log_prob) > 2e-3f) REQUIRE(at != listed.end());
        if (at == listed.end()) continue;
        CHECK(at->second == doctest::Approx(drawn.log_prob).epsilon(1e-4));
        ++compared;
    }
    CHECK(compared > 10);
}

TEST_CASE("a listing does not depend on its batch, and ends with its limit") {
    const engine::Gpt model = chatty();
    const tokenizer::Tokenizer tokenizer;
    std::vector<ProposeRequest> requests;
    for (int i = 0; i < 9; ++i) {
        requests.push_back(listing({"1+" + std::to_string(i % 5), {}, false}, 1 + i % 4));
        if (i % 3 == 1) requests.back().path.steps = {"7"};
        if (i % 3 == 2) requests.back().known = {{"3", false, -2, 1}};
    }
    requests.push_back(requests[0]); // a draw among listings
    requests.back().n_best = false;
    GptProposer wide(model, tokenizer, 1, {16, 8, 256}), narrow(model, tokenizer, 1, {16, 8, 5});
    const std::vector<Proposals> together = wide.propose({requests.data(), 9});
    const std::vector<Proposals> sliced = narrow.propose({requests.data(), 9});
    const std::vector<Proposals> mixed = narrow.propose(requests);
    REQUIRE(mixed.size() == 10);
    for (size_t i = 0; i < 9; ++i) {
        CHECK(same(together[i], sliced[i]));
        CHECK(same(together[i], mixed[i]));
        for (int64_t limit = 0; limit <= together[i].tokens; ++limit) {
            ProposeRequest bounded = requests[i];
            bounded.limit = limit;
            const Proposals cut = wide.propose({&bounded, 1})[0];
            CHECK(cut.tokens <= limit);
            CHECK(cut.steps.size() <= together[i].steps.size());
        }
    }
    ProposeRequest finished = requests[0];
    finished.path.finished = true;
    CHECK_THROWS_AS((void)wide.propose({&finished, 1}), Error);
}
