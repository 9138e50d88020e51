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

TEST_CASE("shares that are no counts, several numbers in a cell, and cells that are not there") {
    using Kind = Column::Kind;
    Table table({{"policy", "policy", Kind::text},
                 {"wins", "won %", Kind::share_in_one},
                 {"right", "right %", Kind::share_in_one},
                 {"", "shortest", Kind::share},
                 {"stopped", "given up"},
                 {"each", "within each"}});
    table.add({"dpo", Estimate{0.588, {0.544, 0.63}}, Share{5, 10}, Share{5, 10}, Percent{0.125},
               std::vector<int64_t>{3, 5}});
    table.add({"sft", Cell(), Cell(), Cell(), Cell(), Cell()});
    CHECK(table.markdown() ==
          "| policy | won % | right % | shortest | % | 95 % interval | given up | within each |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|\n"
          "| dpo | 58.8 (54.4 - 63.0) | 50.0 (23.7 - 76.3) | 5 / 10 | 50.0 | 23.7 - 76.3 | 12.5 % "
          "| 3, 5 |\n"
          "| sft | ? | ? | ? | ? | ? | ? | ? |\n");
    const Json row = table.json()[0];
    CHECK(row["wins"] == 0.588);
    CHECK(row["wins_interval"] == Json({0.544, 0.63}));
    CHECK(row["right"] == 5);
    CHECK(row["right_interval"].size() == 2);
    CHECK(row["n"] == 10);
    CHECK(row["stopped"] == 0.125);
    CHECK(row["each"] == Json({3, 5}));
    CHECK(table.json()[1] == Json{{"policy", "sft"}});
}

TEST_CASE("a table spreads a column's values over its head") {
    Table table({{"method", "chosen by", Column::Kind::text},
                 {"n", "N"},
                 {"", "solved", Column::Kind::share_in_one},
                 {"tokens", ""}});
    for (const char* method : {"majority", "prm"})
        for (const int64_t n : {1, 4})
            table.add({method, n, Estimate{0.5, {0.25, 0.75}, 0.01}, double(n)});
    CHECK(table.markdown_across("N", "solved") ==
          "| chosen by | N = 1 | N = 4 |\n|---|---:|---:|\n"
          "| majority | 50.0 ± 1.0 (25.0 - 75.0) | 50.0 ± 1.0 (25.0 - 75.0) |\n"
          "| prm | 50.0 ± 1.0 (25.0 - 75.0) | 50.0 ± 1.0 (25.0 - 75.0) |\n");
    CHECK(table.json().size() == 4);
    CHECK(table.json()[3]["deviation"] == 0.01);
    CHECK_THROWS_AS(table.markdown_across("n", "solved"), Error);
}
