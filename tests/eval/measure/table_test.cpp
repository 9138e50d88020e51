#include "eval/measure/table.h"

#include "engine/base/error.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("a table writes itself as Markdown and as JSON") {
    Table table({{"method", "method", Column::Kind::text},
                 {"", "solved", Column::Kind::share},
                 {"tokens", "tokens"},
                 {"deep", ""},
                 {"", "steps", Column::Kind::number, 2}});
    table.add({"A*", Share{5, 10}, 12.4, int64_t{3}, 1.5});
    table.add({"Q*", Share{0, 10}, Cell(), Cell(), Cell()});
    CHECK(table.markdown() == "| method | solved | % | 95 % interval | tokens | steps |\n"
                              "|---|---:|---:|---:|---:|---:|\n"
                              "| A* | 5 / 10 | 50.0 | 23.7 - 76.3 | 12 | 1.50 |\n"
                              "| Q* | 0 / 10 | 0.0 | 0.0 - 27.8 | ? | ? |\n");
    const Json rows = table.json();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["solved"] == 5);
    CHECK(rows[0]["n"] == 10);
    CHECK(rows[0]["low"].get<double>() == doctest::Approx(0.2366).epsilon(0.001));
    CHECK(rows[0]["tokens"] == 12.4); // the figure, not its picture
    CHECK(rows[0]["deep"] == 3);
    CHECK(!rows[0].contains("steps"));
    CHECK(!rows[1].contains("tokens"));
    CHECK_THROWS_AS(table.add({"too short"}), Error);
}
