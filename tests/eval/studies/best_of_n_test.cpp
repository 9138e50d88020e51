// Curves over N and early stopping on pools that are small enough to count by hand.

#include "eval/studies/best_of_n.h"

#include "engine/base/error.h"
#include "eval/studies/active_labels.h"
#include "eval/studies/early_stop.h"
#include "eval/studies/first_error.h"

#include <cmath>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

namespace {

PoolSample sample(const std::string& answer, bool right, std::vector<float> scores) {
    PoolSample out;
    out.path = {"p", std::vector<std::string>(scores.size(), "s"), true};
    out.answer = answer;
    out.right = right;
    out.step_tokens.assign(scores.size(), 10);
    out.scores = {std::move(scores)};
    return out;
}

PoolSample endless() {
    PoolSample out;
    out.path = {"p", {"s"}, false};
    out.step_tokens = {10};
    out.scores = {{}};
    return out;
}

// Three samples: two agree on a wrong answer, the right one has the best minimum but not
// the best product.
Pool pool() {
    Pool out;
    out.problem = "p";
    out.prompt_tokens = 5;
    out.samples = {sample("7", false, {0.75f}), sample("7", false, {0.5f, 0.5f}),
                   sample("8", true, {0.8f, 0.8f})};
    return out;
}

const CurvePoint& point(const std::vector<CurvePoint>& curve, const std::string& name, int64_t n) {
    for (const CurvePoint& p : curve)
        if (p.chooser == name && p.n == n) return p;
    FAIL("no such point");
    return curve[0];
}

} // namespace

TEST_CASE("every chooser over all samples of a pool, by hand") {
    const std::vector<Pool> pools = {pool()};
    const auto choosers = choosers_for({"prm"}, {search::Reading::each_step});
    const std::vector<int64_t> sizes = {1, 3};
    const auto curve = curve_of(pools, choosers, sizes, 2000, 1);
    // One sample of three is right; with N = 3 nothing is left to chance.
    CHECK(point(curve, "one sample", 1).mean == doctest::Approx(1.0 / 3).epsilon(0.1));
    CHECK(point(curve, "one sample", 1).deviation ==
          doctest::Approx(std::sqrt(2.0) / 3).epsilon(0.1));
    CHECK(point(curve, "majority", 1).mean == point(curve, "one sample", 1).mean);
    CHECK(point(curve, "majority", 3).mean == 0);
    CHECK(point(curve, "prm, minimum", 3).mean == 1);       // 0.8 over 0.75 and 0.5
    CHECK(point(curve, "prm, product", 3).mean == 0);       // 0.64 under 0.75
    CHECK(point(curve, "prm, weighted vote", 3).mean == 0); // 0.64 under 0.75 + 0.25
    // Two of three with replacement: the best is among them in 1 - (2/3)^2 = 5/9.
    CHECK(point(curve, "prm, majority of bests", 3).mean == 1);
    CHECK(point(curve, "any sample right (bound)", 3).mean == 1);
    CHECK(point(curve, "any sample right (bound)", 3).deviation == 0);
    // Five tokens of prompt; three samples of 10, 20 and 20, of which two are the same text: all
    // are written, two are read, each with its prompt.
    CHECK(point(curve, "majority", 3).tokens == 5 + 50);
    CHECK(point(curve, "prm, minimum", 3).tokens == 5 + 50 + (5 + 10) + (5 + 20));
    CHECK(point(curve, "one sample", 3).tokens == point(curve, "one sample", 1).tokens);
    CHECK(point(curve, "one sample", 1).tokens == doctest::Approx(5 + 50.0 / 3).epsilon(0.05));
    const auto again = curve_of(pools, choosers, sizes, 2000, 1);
    for (size_t i = 0; i < curve.size(); ++i) CHECK(curve[i].mean == again[i].mean);
    const std::vector<int64_t> too_many = {4};
    CHECK_THROWS_WITH_AS(curve_of(pools, choosers, too_many, 1, 1), doctest::Contains("1 to 3"),
                         Error);
}

TEST_CASE("a solution without an end is never chosen") {
    Pool only;
    only.samples = {endless(), endless()};
    const auto choosers = choosers_for({"orm"}, {search::Reading::whole_solution});
    const std::vector<int64_t> sizes = {2};
    for (const CurvePoint& p : curve_of(std::vector{only}, choosers, sizes, 3, 1))
        CHECK(p.mean == 0);
    only.samples.push_back(sample("8", true, {0.01f}));
    const std::vector<int64_t> three = {3};
    const auto curve = curve_of(std::vector{only}, choosers, three, 3, 1);
    CHECK(point(curve, "majority", 3).mean == 1);
    CHECK(point(curve, "orm", 3).mean == 1);
}

TEST_CASE("stopping at a bad step: tokens and choice, by hand") {
    Pool p;
    p.prompt_tokens = 5;
    p.samples = {sample("8", true, {0.9f, 0.8f}), sample("7", false, {0.2f, 0.95f, 0.9f})};
    const std::vector<Pool> pools = {p};
    const StopRow all = stop_below(pools, 0, 16);
    CHECK(all.solved == 1);
    // The prompt written once and read twice; five steps of ten tokens written and read.
    CHECK(all.tokens == 5 + 2 * 5 + 2 * 50);
    CHECK(all.stopped == 0);
    const StopRow stopped = stop_below(pools, 0.5, 16);
    CHECK(stopped.solved == 1);
    CHECK(stopped.tokens == 5 + 2 * 5 + 2 * 30); // two steps of the second not written
    CHECK(stopped.stopped == 0.5);
    // All given up: the least bad one is written to its end, but not read again.
    const StopRow strict = stop_below(pools, 0.95, 16);
    CHECK(strict.solved == 1);
    CHECK(strict.tokens == 5 + 2 * 5 + 2 * 20 + 10);
    CHECK(strict.stopped == 1);
    CHECK(stop_below(pools, 0, 1).tokens == 5 + 5 + 2 * 20);
}

TEST_CASE("a label's worth is read off the line over log size") {
    // 0.5 at 1000, 0.6 at 2000, 0.7 at 4000: a tenth for each doubling.
    const std::vector<double> sizes = {1000, 2000, 4000}, uniform = {0.5, 0.6, 0.7};
    CHECK(label_worth(sizes, uniform, 1000, 0.6) == doctest::Approx(2));
    CHECK(label_worth(sizes, uniform, 2000, 0.6) == doctest::Approx(1));
    CHECK(label_worth(sizes, uniform, 4000, 0.6) == doctest::Approx(0.5));
    CHECK(label_worth(sizes, std::vector<double>{0.7, 0.6, 0.5}, 1000, 0.6) == 0);
}

TEST_CASE("first errors that are named, by hand") {
    // Three steps each: the second is wrong; all are right; the first is wrong, and a repetition.
    Pool shown;
    shown.samples = {sample("7", false, {0.9f, 0.2f, 0.1f}), sample("8", true, {0.9f, 0.7f, 0.6f}),
                     sample("9", false, {0.6f, 0.2f, 0.9f}), endless()};
    const std::vector<Pool> pools = {shown};
    const WrongSteps truth = {{2, 0, 1, -1}};
    const FirstErrorRow row = count_first_errors(pools, truth, 0, 0.5);
    CHECK(row.erroneous == 2);
    CHECK(row.named == 1); // of the third the second step is named
    CHECK(row.flawless == 1);
    CHECK(row.passed == 1);
    CHECK(row.f1() == doctest::Approx(2 * 0.5 * 1.0 / 1.5));
    // Whoever doubts everything passes nothing.
    const FirstErrorRow strict = count_first_errors(pools, truth, 0, 0.8);
    CHECK(strict.passed == 0);
    CHECK(strict.f1() == 0);
    CHECK(FirstErrorRow{}.f1() == 0);
    const Json json = table_of(std::vector{row}).json();
    CHECK(json[0]["named"] == 1);
    CHECK(json[0]["passed_interval"][1] == 1.0);
}
