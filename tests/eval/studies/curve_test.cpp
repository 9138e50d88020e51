#include "eval/studies/curve.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "eval/plot/plot.h"
#include "tests/eval/tiny_pipeline.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("the curve: every method at every budget, never above it, with a plot") {
    const Temporary run;
    tiny_pipeline(run.path);
    CurveOptions options;
    options.run = run.path;
    options.problems = 10;
    options.budgets = {60, 200};
    options.quiet = true;
    const auto rows = measure_curve(options);
    REQUIRE(rows.size() == 1 + 2 * 5); // no Q in this run
    for (const CurveRow& row : rows) {
        CAPTURE(row.method);
        CHECK(row.n == 10);
        if (row.budget > 0) CHECK(row.tokens <= static_cast<double>(row.budget));
        if (row.budget > 0) CHECK(row.median_tokens <= static_cast<double>(row.budget));
        CHECK(row.length >= (row.solved > 0 ? 1 : 0)); // one line may do several operations
        CHECK(row.as_short <= row.solved);
        CHECK(row.scorer == (row.method == "greedy" ? "none" : "prm"));
    }
    curve(options);
    const Json json = read_json(run.path + "/curve.json").value;
    REQUIRE(json["rows"].size() == rows.size());
    for (size_t i = 0; i < rows.size(); ++i) CHECK(json["rows"][i]["solved"] == rows[i].solved);
    const std::string picture = read_file(run.path + "/curve.svg");
    CHECK(picture.starts_with("<svg xmlns="));
    CHECK(picture.find("weighted vote, prm") != std::string::npos);
    CHECK(exists(run.path + "/curve.md"));

    options.methods = {"dfs"};
    CHECK_THROWS_AS(measure_curve(options), Error);
    options.methods = {};
    options.budgets = {200, 60};
    CHECK_THROWS_AS(measure_curve(options), Error);
    options.budgets = {60};
    options.prm = "none";
    CHECK_THROWS_AS(measure_curve(options), Error);
}

TEST_CASE("a picture is a file of its own, also with logarithms upward") {
    Plot plot;
    plot.title = "a < b";
    plot.log_x = plot.log_y = true;
    const auto at = [](double x, double y) {
        PlotPoint point;
        point.x = x;
        point.y = y;
        return point;
    };
    plot.series = {{"first", {at(1, 1), at(10, 1000)}}, {"second", {at(1, 0), at(10, 10)}}};
    const std::string text = picture(plot);
    CHECK(text.find("a &lt; b") != std::string::npos);
    CHECK(text.find("nan") == std::string::npos);
    CHECK(text.find("inf") == std::string::npos);
    size_t open = 0, close = 0;
    for (size_t i = text.find("<g"); i != std::string::npos; i = text.find("<g", i + 1)) ++open;
    for (size_t i = text.find("</g>"); i != std::string::npos; i = text.find("</g>", i + 1))
        ++close;
    CHECK(open == close);
}
