// Labels from roll-outs, on a policy whose chances of success are known.

#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "train/annotation/rollout.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/search/doubles.h"
#include "tests/temporary.h"

#include <cmath>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::train;

namespace {

// P -> a; from a the right answer comes with probability 3/4, from b never.
search::TableProposer one_way_to_yes() {
    search::TableProposer proposer;
    proposer.table["P"] = {{"a", false, 0.5}, {"b", false, 0.5}};
    proposer.table["a"] = {{"yes", true, 0.75}, {"no", true, 0.25}};
    proposer.table["b"] = {{"no", true, 1}};
    return proposer;
}

SampledSolution solution(std::vector<std::string> steps) { return {"P", std::move(steps), true}; }

} // namespace

TEST_CASE("Math-Shepherd: the soft estimate is the share of right completions") {
    search::TableProposer proposer = one_way_to_yes();
    RolloutEstimator estimator(proposer, search::says_yes, 4000, 1.0f);
    const std::vector<SampledSolution> solutions = {solution({"a", "yes"}), solution({"a", "no"}),
                                                    solution({"b", "no"})};
    const auto labels = math_shepherd(estimator, solutions);
    REQUIRE(labels.size() == 3);
    // 4000 draws at p = 3/4: a standard error of 0.007.
    REQUIRE(labels[0].soft.size() == 2);
    CHECK(labels[0].soft[0] == doctest::Approx(0.75).epsilon(0.05));
    CHECK(labels[0].soft[1] == 1.0f); // a finished path is its own answer
    CHECK(labels[0].sound == 2);
    CHECK(labels[1].soft[0] == labels[0].soft[0]);
    CHECK(labels[1].soft[1] == 0.0f);
    CHECK(labels[1].sound == 1);
    CHECK(labels[2].soft == std::vector<float>{0.0f}); // and nothing after the first error
    CHECK(labels[2].sound == 0);

    // What it cost: "a" was completed once for both solutions, final steps are free. A
    // completion costs the step drawn, the first one of a prefix a token more.
    CHECK(labels[0].rollouts == 4000);
    CHECK(labels[0].tokens == 4001);
    CHECK(labels[1].rollouts == 0);
    CHECK(labels[2].rollouts == 4000);
}

TEST_CASE("Math-Shepherd: an estimate depends on its prefix alone") {
    search::TableProposer one = one_way_to_yes(), two = one_way_to_yes();
    RolloutEstimator alone(one, search::says_yes, 16, 1.0f), crowd(two, search::says_yes, 16, 1.0f);
    const auto a = math_shepherd(alone, std::vector{solution({"a", "yes"})});
    const auto b = math_shepherd(crowd, std::vector{solution({"b", "no"}), solution({"a", "yes"})});
    CHECK(a[0].soft == b[1].soft);
    CHECK(json_of(b[1])["labels"] == parse_json("[true, true]", "test"));
}

TEST_CASE("OmegaPRM: the first error by binary search") {
    // A chain of 32 steps s1..s32. The right way leads to "yes"; once a step is an x, the
    // end is "no".
    constexpr int kLength = 32;
    search::TableProposer proposer;
    const auto name = [](bool right, int i) { return (right ? "s" : "x") + std::to_string(i); };
    const auto last = [](bool right) { return std::string(right ? "yes" : "no"); };
    proposer.table["P"] = {{"s1", false, 1}};
    for (const bool right : {true, false})
        for (int i = 1; i < kLength; ++i)
            proposer.table[name(right, i)] = {
                {i + 1 < kLength ? name(right, i + 1) : last(right), i + 1 == kLength, 1}};

    for (const int error : {1, 2, 7, 16, 31, 32}) {
        CAPTURE(error);
        std::vector<std::string> steps;
        for (int i = 1; i < kLength; ++i) steps.push_back(name(i < error, i));
        steps.push_back("no");
        RolloutEstimator estimator(proposer, search::says_yes, 1, 1.0f);
        const auto labels = first_errors(estimator, search::says_yes, std::vector{solution(steps)});
        CHECK(labels[0].sound == static_cast<size_t>(error - 1));
        CHECK(labels[0].rollouts == 5); // log2 of 32 questions, one roll-out each
        CHECK(labels[0].soft.empty());
    }
    // A right answer is taken for a sound solution, and costs nothing.
    RolloutEstimator estimator(proposer, search::says_yes, 4, 1.0f);
    const auto labels =
        first_errors(estimator, search::says_yes, std::vector{solution({"s1", "yes"})});
    CHECK(labels[0].sound == 2);
    CHECK(labels[0].rollouts == 0);
}

TEST_CASE("labels from roll-outs are a file that read_step_labels() reads") {
    const Temporary folder;
    RolloutLabels label{solution({"a", "b", "no"}), 1, {0.75f, 0.0f}, 12, 340};
    const Json json = json_of(label);
    CHECK(json_text(json) == R"({"prompt":"P","completions":["a","b","no"],)"
                             R"("labels":[true,false,false],"soft_labels":[0.75,0.0,0.0],)"
                             R"("rollouts":12,"rollout_tokens":340})");
    const std::string path = folder.path + "/steps.jsonl";
    write_jsonl(path, std::vector{json});
    const auto read = read_step_labels(path);
    REQUIRE(read.size() == 1);
    CHECK(read[0].labels == std::vector{search::Label::right, search::Label::wrong});
    CHECK(read[0].soft == std::vector<float>{0.75f, 0.0f});
    CHECK(read[0].steps == std::vector<std::string>{"a", "b"});

    const auto refuses = [&](const std::string& soft, const char* reason) {
        write_file_atomic(path, R"({"prompt": "P", "completions": ["a"], "labels": [true], )"
                                R"("soft_labels": )" +
                                    soft + "}\n");
        CHECK_THROWS_WITH_AS(read_step_labels(path), doctest::Contains(reason), Error);
        CHECK_THROWS_WITH_AS(read_step_labels(path), doctest::Contains(":1: "), Error);
    };
    refuses("[]", "as many soft_labels as labels, 1, found 0");
    refuses("[1.5]", "within 0 to 1, found 1.5");
    refuses("[true]", "within 0 to 1, found true");
    refuses("0.5", "expected an array");
}
