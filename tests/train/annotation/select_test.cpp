#include "train/annotation/select.h"

#include <doctest/doctest.h>

using namespace qstar::train;

TEST_CASE("active selection takes the most convincing wrong answers, four of five") {
    // Ten problems of three candidates: the right one convinces most, then a wrong one.
    std::vector<Candidate> candidates;
    for (size_t problem = 0; problem < 10; ++problem)
        for (const auto& [score, right] :
             {std::pair{0.2, false}, std::pair{0.9, true}, std::pair{0.6, false}})
            candidates.push_back({problem, score, right});
    const auto picked = select_convincing(candidates, 1, 0.8);
    REQUIRE(picked.size() == 10);
    int wrong = 0;
    for (size_t problem = 0; problem < 10; ++problem) {
        CHECK(candidates[picked[problem]].problem == problem);
        CHECK(candidates[picked[problem]].score > 0.5); // never the unconvincing one
        wrong += !candidates[picked[problem]].right;
    }
    CHECK(wrong == 8);
    for (const size_t i : select_convincing(candidates, 1, 1)) CHECK(!candidates[i].right);
    for (const size_t i : select_convincing(candidates, 1, 0)) CHECK(candidates[i].right);
    CHECK(select_convincing(candidates, 2, 0.8).size() == 20);
    CHECK(select_convincing(candidates, 9, 0.8).size() == 30); // all there are
}

TEST_CASE("where no wrong answer is left another solution is taken") {
    const std::vector<Candidate> candidates = {{0, 0.4, true}, {0, 0.7, true}, {1, 0.3, false}};
    CHECK(select_convincing(candidates, 1, 1) == std::vector<size_t>{1, 2});
    CHECK(select_convincing({}, 1, 0.8).empty());
}
