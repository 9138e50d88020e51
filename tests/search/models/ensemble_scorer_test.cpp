#include "search/models/ensemble_scorer.h"

#include "engine/base/error.h"
#include "tests/search/doubles.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::search;

TEST_CASE("a scorer's name is a stage, or a bound and several") {
    CHECK_FALSE(scorer_named("prm-soft").bound);
    CHECK(scorer_named("prm-soft").stages == std::vector<std::string>{"prm-soft"});
    const ScorerName least = scorer_named("least:orm+orm-2+orm-3");
    CHECK(least.bound == Bound::least);
    CHECK(least.stages == std::vector<std::string>{"orm", "orm-2", "orm-3"});
    CHECK(scorer_named("spread:orm").bound == Bound::spread);
    for (const char* wrong : {"least:", "least:orm+", "spread:+orm", "least:orm++orm-2"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(scorer_named(wrong), Error);
    }
}

TEST_CASE("the bounds: the least, or the mean less the deviation, and never below 0") {
    CHECK(bound_of(Bound::least, {0.9f, 0.25f, 0.5f}) == 0.25f);
    CHECK(bound_of(Bound::spread, {0.75f, 0.25f}) == doctest::Approx(0.25));
    CHECK(bound_of(Bound::spread, {0.5f, 0.5f, 0.5f}) == doctest::Approx(0.5));
    CHECK(bound_of(Bound::spread, {0.6f, 0.0f, 0.0f}) == 0);
    CHECK_THROWS_AS(bound_of(Bound::least, {}), Error);
}

TEST_CASE("what fools one of them does not fool their bound; it costs what they cost together") {
    const auto fooled_by = [](const std::string& line) {
        return FunctionScorer(
            [line](const Path& path) { return path.steps.back() == line ? 0.99f : 0.4f; });
    };
    FunctionScorer a = fooled_by("x"), b = fooled_by("y");
    EnsembleScorer both(Bound::least, {&a, &b}, "both");
    const std::vector<Path> paths{{"q", {"x", "z"}, false}, {"q", {"y"}, true}};
    const std::vector<Scores> scores = both.score(paths);
    CHECK(scores[0].steps == std::vector<float>{0.4f, 0.4f});
    CHECK(scores[1].steps == std::vector<float>{0.4f});
    CHECK(scores[0].tokens == 4);
    CHECK(both.score_tokens(paths[0]) == 4);
    CHECK(both.score_multiply_adds() == 2);
    CHECK_FALSE(both.on_proposers_trunk());

    struct Whole : FunctionScorer {
        using FunctionScorer::FunctionScorer;
        Reading reading() const override { return Reading::whole_solution; }
    } whole([](const Path&) { return 0.5f; });
    CHECK_THROWS_AS(EnsembleScorer(Bound::least, {&a, &whole}, "mixed"), Error);
}
