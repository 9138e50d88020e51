// Calibration and area, counted by hand; ticks of axes; the tree of a search.

#include "engine/text/json.h"
#include "eval/report/calibration.h"
#include "search/worlds/make_world.h"

#include "eval/plot/plot.h"
#include "eval/report/data.h"
#include "eval/report/tree.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("calibration by hand") {
    const Json c = calibration_of({{0.95f, true},
                                   {0.95f, true},
                                   {0.95f, false},
                                   {0.15f, false},
                                   {0.25f, true},
                                   {1.0f, true}});
    CHECK(c["n"] == 6);
    CHECK(c["right"] == 4);
    REQUIRE(c["bins"].size() == 3);
    CHECK(c["bins"][0]["low"] == 0.1);
    CHECK(c["bins"][0]["right"] == 0);
    CHECK(c["bins"][1]["share"] == 1.0);
    CHECK(c["bins"][2]["n"] == 4); // 1.0 belongs to the last one
    CHECK(c["bins"][2]["mean"].get<double>() == doctest::Approx((3 * 0.95 + 1) / 4));
    // |0.15 - 0| + |0.25 - 1| + |3.85 - 3| over six
    CHECK(c["error"].get<double>() == doctest::Approx((0.15 + 0.75 + 0.85) / 6));
    // Right: 0.25, 0.95, 0.95, 1. Wrong: 0.15, 0.95. Of 8 pairs 4 + (0 + .5 + .5 + 1) are right.
    CHECK(c["auc"].get<double>() == doctest::Approx(6.0 / 8));
    CHECK(calibration_of({})["bins"].empty());
    CHECK(calibration_of({{0.5f, true}})["auc"] == 0.5);
}

TEST_CASE("ticks are round and within the range") {
    CHECK(ticks(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1});
    CHECK(ticks(3, 97, 5) == std::vector<double>{20, 40, 60, 80});
    CHECK(ticks(2, 2, 5).size() == 1);
}

TEST_CASE("a curve is thinned by means of neighbours") {
    const Json all = thinned({1, 2, 3, 4, 5}, {10, 20, 30, 40, 50}, 160);
    CHECK(all["y"] == Json({10.0, 20.0, 30.0, 40.0, 50.0}));
    const Json few = thinned({1, 2, 3, 4, 5}, {10, 20, 30, 40, 50}, 3);
    CHECK(few["x"] == Json({1.5, 3.5, 5.0}));
    CHECK(few["y"] == Json({15.0, 35.0, 50.0}));
    CHECK(thinned({}, {}, 3)["x"].empty());
}

namespace {

struct Half : search::Scorer {
    std::vector<search::Scores> score(std::span<const search::Path> paths) override {
        std::vector<search::Scores> out;
        for (const search::Path& path : paths)
            out.push_back({std::vector<float>(path.steps.size(), 0.5f), 1});
        return out;
    }
    int64_t score_tokens(const search::Path&) const override { return 1; }
};

} // namespace

TEST_CASE("a search's tree has the order of expansion, the way, and the verifier's word") {
    using What = search::SearchEvent::What;
    const std::string problem = "3*(4+5)-2";
    const search::Path root{problem, {}, false}, right{problem, {"3*9-2"}, false},
        wrong{problem, {"12+5-2"}, false}, more{problem, {"12+5-2", "17-2"}, false},
        end{problem, {"3*9-2", "25"}, true};
    search::Tree tree;
    tree.observe({What::expanded, root});
    tree.observe({What::opened, wrong, -0.5, 0.5, 2.0});
    tree.observe({What::opened, right, -0.7, 0.5, 3.0});
    tree.observe({What::expanded, wrong});
    tree.observe({What::opened, more, -0.9, 0.5, 4.0});
    tree.observe({What::expanded, right});
    tree.observe({What::opened, end, -1.0, 0.5, 3.5});
    tree.observe({What::chosen, end});
    Half scorer;
    const auto world = search::make_world("arithmetic");
    const Json nodes = tree_of(tree, scorer, *world);
    REQUIRE(nodes.size() == 5);
    const auto node = [&](const char* text) {
        for (const Json& n : nodes)
            if (n["text"] == text) return n;
        return Json();
    };
    CHECK(nodes[0]["parent"] == -1);
    CHECK(nodes[0]["order"] == 1);
    CHECK(nodes[0]["chosen"] == true);
    CHECK(node("12+5-2")["order"] == 2);
    CHECK(node("12+5-2")["label"] == -1);
    CHECK(node("12+5-2")["born"] == 1);
    CHECK(node("17-2")["label"].is_null()); // behind an error
    CHECK(node("17-2")["born"] == 2);
    CHECK(node("17-2")["order"] == 0);
    CHECK(node("3*9-2")["label"] == 1);
    CHECK(node("3*9-2")["chosen"] == true);
    CHECK(node("25")["solved"] == true);
    CHECK(node("25")["f"] == 3.5);
    CHECK(node("25")["score"] == 0.5);
}
