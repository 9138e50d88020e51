// Problems that need rare facts: one sequence, different ones, and a flatter one than the class's.

#include "train/data/class/rare_draw.h"

#include "engine/base/error.h"
#include "tests/train/small_class.h"
#include "train/data/worlds/arithmetic/problems.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <set>

using namespace qstar;
using namespace qstar::train;

namespace {

ProblemSource small_source(int high) {
    ArithmeticTeaching teaching;
    teaching.problems = small_problems();
    teaching.problems.high = high;
    teaching.problems.min_operands = 3;
    return teaching.source(0.5, false);
}

// How often the rarer half of all facts that come up is needed, as a share of all needs.
double share_of_rare(const std::vector<std::string>& problems) {
    std::map<std::string, int64_t> needed;
    int64_t all = 0;
    for (const std::string& problem : problems)
        for (const std::string& fact : facts_of(problem)) ++needed[fact], ++all;
    std::vector<int64_t> counts;
    for (const auto& [fact, count] : needed) counts.push_back(count);
    std::sort(counts.begin(), counts.end());
    int64_t rare = 0;
    for (size_t i = 0; i < counts.size() / 2; ++i) rare += counts[i];
    return static_cast<double>(rare) / static_cast<double>(all);
}

} // namespace

TEST_CASE("facts are the operations of the right derivation") {
    CHECK(facts_of("3*(4+5)-2") == std::vector<std::string>{"4+5", "3*9", "27-2"});
    CHECK(facts_of("5-8*2") == std::vector<std::string>{"8*2", "5-16"});
    CHECK(facts_of("3-5-4") == std::vector<std::string>{"3-5", "-2-4"});
}

TEST_CASE("rare facts come up more often than the class has them, in one sequence") {
    RareDraw whole(small_source(9), Split::train, 2, 7), parts(small_source(9), Split::train, 2, 7);
    const std::vector<std::string> problems = whole.next(3000);
    std::vector<std::string> again = parts.next(1000);
    for (std::string& problem : parts.next(2000)) again.push_back(std::move(problem));
    CHECK(problems == again);
    CHECK(std::set<std::string>(problems.begin(), problems.end()).size() == 3000);
    for (const std::string& problem : problems)
        CHECK(side_of(expression_key(problem)) == Split::train);
    const auto usual = draw_problems(small_problems(), Split::train, 3000, 7);
    CHECK(share_of_rare(problems) > 1.3 * share_of_rare(usual));
}

TEST_CASE("what there is not is said") {
    RareDraw draw(small_source(1), Split::train, 1e9, 1);
    CHECK_THROWS_WITH_AS(draw.next(1'000'000), doctest::Contains("further problems of this kind"),
                         Error);
}
