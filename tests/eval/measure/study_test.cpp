#include "eval/measure/study.h"

#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

namespace {

struct StudyOptions {
    std::string run = "nowhere";
    int64_t problems = 5;
    bool n_best = true, quiet = true;
};

void describe(Flags& f, StudyOptions& o) {
    f.text("run", o.run, "");
    f.number("problems", o.problems, 1, 10, "");
    f.mark("n-best", o.n_best, "");
}

} // namespace

TEST_CASE("a study is written with its options by their flags' names, and read again") {
    const Temporary folder;
    CHECK(read_study(folder.path, "ladder").is_null());
    write_study(folder / "ladder", StudyOptions(), {{"rows", {1, 2}}, {"problems", 4}}, "text");
    CHECK(read_file(folder / "ladder.md") == "text");
    CHECK(read_study(folder.path, "ladder") ==
          Json{{"problems", 4}, {"n-best", true}, {"rows", {1, 2}}});
}

TEST_CASE("studies of older versions are read by today's names") {
    const Temporary folder;
    folder.file("best-of-n.json", R"({"seed": 1, "points": [{"n": 2}]})");
    CHECK(read_study(folder.path, "best-of-n") == Json{{"seed", 1}, {"rows", {{{"n", 2}}}}});
    folder.file("curve.json", R"({"rows": [{"judge": "prm"}]})");
    CHECK(read_study(folder.path, "curve")["rows"][0]["scorer"] == "prm");
    folder.file("taste.json", R"({"taste": [3, 1], "rows": []})");
    CHECK(read_study(folder.path, "preference-win-rate") ==
          Json{{"rows", Json::array()}, {"preference", {3, 1}}});
    folder.file("times.json", R"({"seconds": {"taste": 2.5}})");
    CHECK(read_study(folder.path, "times")["seconds"]["preference-win-rate"] == 2.5);
}
