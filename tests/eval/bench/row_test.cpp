#include "engine/text/json_parse.h"
#include "eval/bench/row.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

namespace {

Row example() {
    Row row;
    row.work = "(64, 128) x (128, 512)";
    row.ours = {90, 80, 95};
    row.peer = {60, 55, 61};
    row.peer_name = "OpenBLAS 0.3.21 (Haswell kernels)";
    row.unit = "GFLOP/s";
    row.threads = 2;
    row.isa = "avx2";
    row.peak = 120;
    return row;
}

} // namespace

TEST_CASE("median and quartiles") {
    CHECK(summarise({7}).median == 7);
    CHECK(summarise({7}).low == 7);
    const Summary odd = summarise({5, 1, 4, 2, 3});
    CHECK(odd.median == 3);
    CHECK(odd.low == 2);
    CHECK(odd.high == 4);
    const Summary even = summarise({4, 1, 3, 2});
    CHECK(even.median == 2.5);
    CHECK(even.low == 1.75);
    CHECK(even.high == 3.25);
    CHECK_THROWS_AS(summarise({}), Error);
}

TEST_CASE("a rate is of the amount, and slow turns are its low end") {
    const Summary s = rates(100, {1, 2, 4, 5, 10}); // 100, 50, 25, 20, 10 a second
    CHECK(s.median == 25);
    CHECK(s.low == 20);
    CHECK(s.high == 50);
}

TEST_CASE("the ratio is above 1 where ours is better") {
    Row row = example();
    CHECK(row.ratio() == 1.5);
    row.unit = "tokens"; // until a goal: fewer are better
    CHECK(row.ratio() == 60.0 / 90);
    row.peer = {};
    CHECK(row.ratio() == 0);
}

TEST_CASE("a row, its JSON and its line in the table agree") {
    const Row row = example();
    const Json json = row_json(row);
    for (const char* field :
         {"work", "ours", "peer", "peer_name", "unit", "ratio", "threads", "isa"}) {
        CAPTURE(field);
        CHECK(json.contains(field));
    }
    CHECK(json["ours"] == 90);
    CHECK(json["peer"] == 60);
    CHECK(json["ratio"] == 1.5);
    CHECK(json["ours_low"] == 80);
    CHECK(json["peer_high"] == 61);
    CHECK(json["peak"] == 120);

    const Row back = row_of({parse_json(json_text(json), "test"), "test"});
    CHECK(row_json(back) == json);

    const std::string text = row_text(row);
    CHECK(text.find("90.0 (80.0..95.0)") != std::string::npos);
    CHECK(text.find("60.0 (55.0..61.0)") != std::string::npos);
    CHECK(text.find(" 1.50 ") != std::string::npos);
    CHECK(text.find(" 75% ") != std::string::npos);
}

TEST_CASE("a missing peer is named, and has no figures") {
    Row row = example();
    row.peer = {};
    row.peer_name = "none: built without oneDNN";
    const Json json = row_json(row);
    CHECK(json["peer"].is_null());
    CHECK(json["ratio"].is_null());
    CHECK(json["peer_name"] == "none: built without oneDNN");
    CHECK(row_json(row_of({json, "test"})) == json);
    CHECK(row_text(row).find("none: built without oneDNN") != std::string::npos);
}

TEST_CASE("a line that is no row is refused by its place") {
    Json json = row_json(example());
    json.erase("isa");
    CHECK_THROWS_WITH_AS(row_of({json, "rows:3"}), doctest::Contains("rows:3"), Error);
}
