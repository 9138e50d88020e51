// Fitted Q iteration on a Markov decision process that is small enough to solve by hand.

#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "train/q_learning/q.h"
#include "train/q_learning/q_targets.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/search/doubles.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::train;

namespace {

// Two steps deep: from P to a or b; from a to "yes" (1/4) or "no"; from b only to "no".
//   Q*(P, a) = 1, Q*(P, b) = 0, Q*(a, yes) = 1, Q*(., no) = 0
// while under the policy itself Q(P, a) = 1/4.
search::TableProposer two_step_process() {
    search::TableProposer proposer;
    proposer.table["1+1"] = {{"a", false, 0.5}, {"b", false, 0.5}};
    proposer.table["a"] = {{"yes", true, 0.25}, {"no", true, 0.75}};
    proposer.table["b"] = {{"no", true, 1}};
    return proposer;
}

std::vector<Rollout> some_rollouts(search::TableProposer& proposer, int64_t samples) {
    ExploreOptions explore;
    explore.samples = samples;
    explore.proposals = 32;
    explore.temperature = 1;
    const std::vector<search::Path> starts = {{"1+1", {}, false}};
    return draw_rollouts(proposer, search::says_yes, starts, 0, explore);
}

// A network that can hold every value: the table of what was fitted last.
struct Table {
    std::map<std::string, float> values;

    void fit(std::span<const Rollout> rollouts, const StepValues& targets) {
        for (size_t i = 0; i < rollouts.size(); ++i) {
            search::Path path{rollouts[i].path.problem, {}, false};
            for (size_t step = 0; step < targets[i].size(); ++step) {
                path.steps.push_back(rollouts[i].path.steps[step]);
                path.finished = rollouts[i].path.finished && step + 1 == targets[i].size();
                values[text_of(path)] = targets[i][step];
            }
        }
    }
    search::FunctionScorer scorer() {
        return search::FunctionScorer([this](const search::Path& path) {
            const auto at = values.find(text_of(path));
            return at == values.end() ? 0.0f : at->second;
        });
    }
    float at(std::vector<std::string> steps, bool finished) const {
        return values.at(search::text_of({"1+1", std::move(steps), finished}));
    }
};

} // namespace

TEST_CASE("roll-outs: equal solutions are counted, next steps collected") {
    search::TableProposer proposer = two_step_process();
    const auto rollouts = some_rollouts(proposer, 2000);
    REQUIRE(rollouts.size() == 3); // a yes, a no, b no
    int64_t drawn = 0;
    for (const Rollout& rollout : rollouts) {
        drawn += rollout.count;
        REQUIRE(rollout.next.size() == 2);
        CHECK(rollout.next[1].empty());
        CHECK(rollout.next[0].size() == (rollout.path.steps[0] == "a" ? 2 : 1));
        CHECK(rollout.right == (rollout.path.steps[1] == "yes"));
    }
    CHECK(drawn == 2000);
}

TEST_CASE("fitted Q iteration reaches the exact Q; the Monte Carlo twin the policy's own") {
    search::TableProposer proposer = two_step_process();
    const auto rollouts = some_rollouts(proposer, 4000);
    Table q;
    q.fit(rollouts, fitted_q_targets(rollouts, nullptr)); // iteration 0: the rewards
    CHECK(q.at({"a"}, false) == 0);
    CHECK(q.at({"a", "yes"}, true) == 1);
    for (int iteration = 1; iteration < 3; ++iteration) {
        search::FunctionScorer target = q.scorer();
        q.fit(rollouts, fitted_q_targets(rollouts, &target));
    }
    CHECK(q.at({"a"}, false) == 1);
    CHECK(q.at({"b"}, false) == 0);
    CHECK(q.at({"a", "yes"}, true) == 1);
    CHECK(q.at({"a", "no"}, true) == 0);

    Table returns;
    returns.fit(rollouts, monte_carlo_returns(rollouts));
    // 2000 roll-outs through a at p = 1/4: a standard error of 0.01.
    CHECK(returns.at({"a"}, false) == doctest::Approx(0.25).epsilon(0.15));
    CHECK(returns.at({"b"}, false) == 0);
    CHECK(returns.at({"a", "yes"}, true) == 1);
    // What was had once can be had again: exact, without a network.
    Table best;
    best.fit(rollouts, best_returns(rollouts));
    CHECK(best.values == q.values);
}

TEST_CASE("with one way to go on from each step both twins agree, discounted too") {
    search::TableProposer proposer;
    proposer.table["1+1"] = {{"a", false, 0.5}, {"b", false, 0.5}};
    proposer.table["a"] = {{"c", false, 1}};
    proposer.table["c"] = {{"yes", true, 1}};
    proposer.table["b"] = {{"no", true, 1}};
    const auto rollouts = some_rollouts(proposer, 50);
    Table q;
    q.fit(rollouts, fitted_q_targets(rollouts, nullptr, 0.5));
    for (int iteration = 1; iteration < 4; ++iteration) {
        search::FunctionScorer target = q.scorer();
        q.fit(rollouts, fitted_q_targets(rollouts, &target, 0.5));
    }
    Table returns;
    returns.fit(rollouts, monte_carlo_returns(rollouts, 0.5));
    CHECK(q.at({"a"}, false) == 0.25f);
    CHECK(q.at({"a", "c"}, false) == 0.5f);
    CHECK(q.at({"a", "c", "yes"}, true) == 1);
    CHECK(q.values == returns.values);
    Table best;
    best.fit(rollouts, best_returns(rollouts, 0.5));
    CHECK(best.values == q.values);
}

TEST_CASE("all next steps are scored in one batch, each once") {
    search::TableProposer proposer = two_step_process();
    const auto rollouts = some_rollouts(proposer, 200);
    struct Counter : search::Scorer {
        int calls = 0;
        size_t paths = 0;
        std::vector<search::Scores> score(std::span<const search::Path> asked) override {
            ++calls;
            paths += asked.size();
            std::vector<search::Scores> scores;
            for (const auto& path : asked)
                scores.push_back({std::vector<float>(path.steps.size(), 0.5f), 1});
            return scores;
        }
        int64_t score_tokens(const search::Path&) const override { return 1; }
    } counter;
    const StepValues values = fitted_q_targets(rollouts, &counter);
    CHECK(counter.calls == 1);
    CHECK(counter.paths == 3); // a yes, a no, b no
    for (size_t i = 0; i < rollouts.size(); ++i) CHECK(values[i][0] == 0.5f);
}

TEST_CASE("roll-outs come back as they were written; broken ones are refused") {
    const Temporary folder;
    const std::string path = folder.path + "/rollouts.jsonl";
    search::TableProposer proposer = two_step_process();
    const auto rollouts = some_rollouts(proposer, 200);
    std::vector<Json> lines;
    for (const Rollout& rollout : rollouts) lines.push_back(json_of(rollout));
    write_jsonl(path, lines);
    const auto read = read_rollouts(path);
    REQUIRE(read.size() == rollouts.size());
    for (size_t i = 0; i < read.size(); ++i) CHECK(json_of(read[i]) == lines[i]);

    const auto refuses = [&](const char* field, const Json& value, const char* reason) {
        Json line = lines[0];
        line[field] = value;
        write_jsonl(path, std::vector{lines[1], line});
        CHECK_THROWS_WITH_AS(read_rollouts(path), doctest::Contains((path + ":2").c_str()), Error);
        CHECK_THROWS_WITH_AS(read_rollouts(path), doctest::Contains(reason), Error);
    };
    refuses("next", Json::array(), "a list for each of the 2 steps");
    refuses("next", parse_json("[1, 2]", "test"), "expected an array");
    refuses("next", parse_json(R"([[{"text": 1, "final": true}], []])", "test"), "text");
    refuses("count", 0, "expected 1 or more, found 0");
    refuses("steps", Json::array(), "at least one step");
    refuses("finished", 1, "finished");
}
