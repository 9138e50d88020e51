#include "eval/studies/game24.h"

#include "engine/base/error.h"
#include "eval/studies/policies.h"
#include "tests/temporary.h"
#include "train/data/corpus.h"
#include "train/data/worlds/countdown/countdown_teaching.h"
#include "train/expert_iteration/star.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("the Game of 24 has 1362 hands that can be solved") {
    const auto hands = hands_of_24();
    CHECK(hands.size() == 1362);
    CHECK(hands.front() == "1 1 1 8 24");
    CHECK(hands.back() == "12 13 13 13 24");
}

TEST_CASE("one run is the whole curve: what was solved within so many tokens") {
    std::vector<search::Result> results(4);
    const int64_t tokens[] = {40, 90, 100, 300}, generated[] = {3, 12, 13, 60};
    for (size_t i = 0; i < 4; ++i) {
        results[i].tokens = tokens[i];
        results[i].generated = generated[i];
        results[i].expanded = 2;
    }
    const Game24Row row = row_of("A*", results, {true, true, false, true}, {50, 100, 400});
    CHECK(row.solved == std::vector<int64_t>{1, 2, 3});
    CHECK(row.n == 4);
    CHECK(row.median_tokens == 95);
    CHECK(row.median_proposals == 12.5);
    CHECK(row.expanded == 2);
    CHECK(row.interval.low > 0.2);
    CHECK(row.interval.high < 1);
}

TEST_CASE("a run whose texts contain their search: what looks at single steps refuses it") {
    const Temporary run;
    train::CorpusOptions corpus;
    corpus.stage.run = run.path;
    corpus.stage.quiet = true;
    corpus.world = "countdown";
    corpus.of<train::CountdownTeaching>().form = "search";
    corpus.tokens = 1000;
    corpus.curated = 2;
    train::corpus(corpus);
    Game24Options game;
    game.run = run.path;
    CHECK_THROWS_WITH_AS(game24(game), doctest::Contains("single steps"), Error);
    PolicyOptions alone;
    alone.run = run.path;
    alone.searches = {"sft:prm"};
    CHECK_THROWS_WITH_AS(measure_policies(alone), doctest::Contains("single steps"), Error);
    train::StarOptions star;
    star.stage.run = run.path;
    CHECK_THROWS_WITH_AS(train::star(star), doctest::Contains("single steps"), Error);
}
