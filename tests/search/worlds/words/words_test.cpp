#include "search/worlds/words/words.h"

#include "engine/base/error.h"
#include "tests/search/worlds/check.h"

#include <doctest/doctest.h>
#include <map>

using namespace qstar;
using namespace qstar::search;

namespace {

const std::string story = "Anna has 5 apples. Ben has 3 times as many apples as Anna. Anna buys 2 "
                          "boxes with 6 apples each. How many apples do they have together?";

} // namespace

TEST_CASE("words: stories are understood") {
    const Words world;
    CHECK(world.read("  Anna has 5 apples.\nAnna buys 3 more apples.  How many apples does Anna "
                     "have now? ") ==
          "Anna has 5 apples. Anna buys 3 more apples. How many apples does Anna have now?");
    const std::pair<const char*, const char*> cases[] = {
        {"Anna has 5 apples. Anna buys 3 more apples. How many apples does Anna have now?", "8"},
        {"Anna has 5 coins. Ben has 4 fewer coins than Anna. How many coins does Ben have now?",
         "1"},
        {"Anna has 5 coins. Ben has half as many coins as Anna. How many coins does Ben have now?",
         "5/2"},
        {"Anna has 9 coins. Anna gives away 3 coins. Anna shares the coins equally among 2 "
         "friends. How many coins does each friend get?",
         "3"},
        {"Anna has 9 coins. Ben has 2 more coins than Anna. Ben loses 1 coins. How many coins do "
         "they have together?",
         "19"},
        {story.c_str(), "32"}};
    for (const auto& [question, answer] : cases) {
        CHECK(world.answer(world.read(question)) == answer);
        CHECK(world.check_answer(question, std::string("#### ") + answer));
    }
}

TEST_CASE("words: what is no story is refused in one sentence") {
    const Words world;
    for (const char* line :
         {"", "hello", "Anna has 5 apples.", "How many apples does Anna have now?",
          "Anna has 5 apples. Ben buys 3 more apples. How many apples does Ben have now?",
          "Anna has 5 apples. Anna buys 3 more coins. How many apples does Anna have now?",
          "Anna has 5 apples. How many apples do they have together?",
          "Anna has 5 apples. How many apples does each friend get?",
          "Anna has 5 apples. Anna shares the apples equally among 0 friends. How many apples "
          "does each friend get?",
          "Anna has 5 apples. Anna has 6 apples. How many apples does Anna have now?",
          "Anna has 5 apples. How many apples does Anna have now? Anna loses 2 apples.",
          "Anna has \xff apples. How many apples does Anna have now?",
          "Anna has # apples. How many apples does Anna have now?",
          "Anna has 5 apples. Anna buys # more apples. How many apples does Anna have now?",
          "@ has 5 apples. 6 has 5 apples. How many apples does @ have now?"})
        CHECK_THROWS_AS_MESSAGE(world.read(line), Error, line);
    CHECK_THROWS_WITH(world.read("Anna eats 5 apples. How many apples does Anna have now?"),
                      "expected a sentence of the forms of the world words, found \"Anna eats 5 "
                      "apples\"");
}

TEST_CASE("words: a step is right, neutral or wrong") {
    const Words world;
    CHECK(check<Words>(story, {}, "5*3=<<5*3=15>>15") == Label::right);
    CHECK(check<Words>(story, {}, "Ben has 3*5 = <<3*5=15>>15 apples.") == Label::right);
    CHECK(check<Words>(story, {}, "2*6=<<2*6=12>>12") == Label::right);     // in any order
    CHECK(check<Words>(story, {}, "2*6+5=<<2*6+5=17>>17") == Label::right); // two at once
    CHECK(check<Words>(story, {}, "5+3=<<5+3=8>>8") == Label::neutral);     // true, and not needed
    CHECK(check<Words>(story, {"5*3=<<5*3=15>>15"}, "5*3=<<5*3=15>>15") == Label::neutral);
    CHECK(check<Words>(story, {}, "5*3=<<5*3=16>>16") == Label::wrong);
    CHECK(check<Words>(story, {}, "5*3=<<5*3=15>>16") == Label::wrong);
    CHECK(check<Words>(story, {}, "5*7=<<5*7=35>>35") == Label::wrong); // there is no 7
    CHECK(check<Words>(story, {}, "15+17=<<15+17=32>>32") == Label::wrong);
    CHECK(check<Words>(story, {"5*3=<<5*3=15>>15", "2*6+5=<<2*6+5=17>>17"},
                       "15+17=<<15+17=32>>32") == Label::right);
    CHECK(check<Words>(story, {}, "Ben has 15 apples") == Label::wrong); // calculates nothing
    CHECK(check<Words>(story, {}, "5*3=<<5*3=15") == Label::wrong);
    CHECK(check<Words>(story, {}, "<<>>") == Label::wrong);
    CHECK(check<Words>(story, {}, "5/0=<<5/0=1>>1") == Label::wrong);
    CHECK(check<Words>(story, {}, "#### 32", true) == Label::right);
    CHECK(check<Words>(story, {}, "#### 31", true) == Label::wrong);
    CHECK(check<Words>(story, {}, "#### 64/2", true) == Label::wrong); // no number
    CHECK(check<Words>(story, {}, "", true) == Label::wrong);
    CHECK(world.read_answered(story, "#### 32 apples") == story);
    CHECK_THROWS_WITH_AS(world.read_answered(story, "#### 31"),
                         doctest::Contains("32, found \"#### 31\""), Error);
}

TEST_CASE("words: GSM8K's own texts are read with their answers") {
    const Words world;
    const std::string question = "Weng earns $12 an hour for babysitting. Yesterday, she just did "
                                 "50 minutes of babysitting. How much did she earn?";
    CHECK_THROWS_AS(world.read(question), Error);
    CHECK(world.read_answered(question, "12/60 = $<<12/60=0.2>>0.2 per minute.\n#### 10") ==
          question);
    CHECK_THROWS_AS(world.read_answered(question, "ten"), Error);
    CHECK(check<Words>(question, {}, "Weng earns 12/60 = $<<12/60=0.2>>0.2 per minute.") ==
          Label::neutral);
    CHECK(check<Words>(question, {}, "Weng earns 12/60 = $<<12/60=0.3>>0.3 per minute.") ==
          Label::wrong);
    CHECK(check<Words>(question, {}, "12/60=$<<12/60=0.2>>0.3 per minute.") == Label::wrong);
    CHECK(check<Words>(question, {}, "An hour has 60 minutes.") == Label::neutral);
    CHECK(world.canonical_answer("#### $1,050") == "1050");
    CHECK(world.canonical_answer("#### 10,50") == "#### 10,50");
    CHECK(world.canonical_answer("A line.\n#### 2.50") == "5/2");
    CHECK(world.canonical_answer("no idea") == "no idea");
}

TEST_CASE("words: the derivation is right by the verifier") {
    const Words world;
    CHECK(derive_words(story) == std::vector<std::string>{"5*3=<<5*3=15>>15", "2*6=<<2*6=12>>12",
                                                          "5+12=<<5+12=17>>17",
                                                          "17+15=<<17+15=32>>32", "#### 32"});
    Random random(1, "tests/words"), again(1, "tests/words");
    std::map<size_t, int> lengths;
    for (int i = 0; i < 200; ++i) {
        const std::string problem = draw_story({}, random);
        CHECK(problem == draw_story({}, again));
        REQUIRE(world.read(problem) == problem);
        Path path{problem, {}, false};
        const auto steps = derive_words(problem);
        ++lengths[steps.size()];
        for (size_t k = 0; k < steps.size(); ++k) {
            CHECK_MESSAGE(world.check_step(path, steps[k], k + 1 == steps.size()) == Label::right,
                          problem);
            path.steps.push_back(steps[k]);
        }
        CHECK(world.canonical_answer(steps.back()) == world.answer(problem));
    }
    CHECK(lengths.size() >= 3);
}

TEST_CASE("words: a shortest solution has a line for each operation and the answer") {
    Random random(3, "words_test");
    const std::string problem = draw_story({}, random);
    CHECK(Words().shortest(problem) == std::ssize(derive_words(problem)));
}
