// Lessons and the playground for judges behind the page's addresses, without a network.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "eval/lessons/sitting.h"
#include "eval/serve/site.h"
#include "search/models/stage_models.h"
#include "tests/eval/serve/serve_run.h"

#include <doctest/doctest.h>
#include <map>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::eval;
using namespace qstar::tests;

namespace {

using Query = std::map<std::string, std::string>;

Json got(Site& site, const std::string& path, const Query& query = {}) {
    return parse_json(site.answer({"GET", path, query, ""}).body, "test");
}
Json told(Site& site, const std::string& path, const Json& body) {
    return parse_json(site.answer({"POST", path, {}, json_text(body)}).body, "test");
}
Listener heard_from(Site& site, const std::string& path, const Query& query,
                    size_t leaves_after = 1'000'000) {
    Listener listener;
    listener.leaves_after = leaves_after;
    site.answer({"GET", path, query, ""}).events(listener);
    return listener;
}

} // namespace

TEST_CASE("a lesson on the page is the terminal's, and stale replies are refused") {
    const Temporary folder;
    const std::string run = folder / "run";
    copy_serve_run(run);
    Site site(run, 1);
    CHECK(got(site, "/api/lessons")["lessons"].size() == 10);
    const Query two{{"number", "2"}};
    Json state = got(site, "/api/lesson", two);
    CHECK(state["phase"] == "guess");
    CHECK(state["sections"].size() == 1);
    for (const char* wrong :
         {"", "[]", "{}", R"({"number": 11, "step": 0, "reply": "1"})",
          R"({"number": 2, "step": 1, "reply": "1"})", R"({"number": 2, "step": 0, "reply": 1})",
          R"({"number": 2, "again": "yes"})"})
        CHECK_THROWS_AS(site.answer({"POST", "/api/lesson", {}, wrong}), Error);
    CHECK_THROWS_AS(site.answer({"GET", "/api/lesson", {{"number", "../1"}}, ""}), Error);
    state = told(site, "/api/lesson", {{"number", 2}, {"step", 0}, {"reply", "much"}});
    CHECK(state["said"].get<std::string>().starts_with("expected a number"));
    CHECK(state["phase"] == "guess");
    CHECK(!exists(run + "/lessons"));
    // What the run lacks is named with its command, and made when the lesson runs.
    state = told(site, "/api/lesson", {{"number", 3}, {"step", 0}, {"reply", "1"}});
    CHECK(state["phase"] == "experiment");
    const std::string see = state["sections"][0]["html"];
    CHECK(see.find("This run lacks reward.") != std::string::npos);
    CHECK(see.find("qstar train reward --run") != std::string::npos);
    const Listener made = heard_from(site, "/api/lesson-run", {{"number", "3"}});
    REQUIRE(made.heard.back().first == "done");
    CHECK(parse_json(made.heard.back().second, "test")["phase"] == "by hand");
    CHECK(exists(run + "/lessons/reward/model.safetensors"));
    CHECK(!exists(run + "/reward"));

    state = told(site, "/api/lesson", {{"number", 2}, {"step", 0}, {"reply", "12"}});
    CHECK(state["phase"] == "experiment");
    // Who leaves ends the experiment; it runs again for the next one.
    CHECK(heard_from(site, "/api/lesson-run", two, 1).heard.size() <= 2);
    CHECK(got(site, "/api/lesson", two)["phase"] == "experiment");
    const Listener heard = heard_from(site, "/api/lesson-run", two);
    REQUIRE(heard.heard.back().first == "done");
    state = parse_json(heard.heard.back().second, "test");
    CHECK(state["phase"] == "question");
    const Json before = state;
    state =
        told(site, "/api/lesson", {{"number", 2}, {"step", state["step"]}, {"reply", "987654321"}});
    CHECK(state["said"] == "Not so. Try again, or pass.");
    CHECK_THROWS_AS(
        told(site, "/api/lesson", {{"number", 2}, {"step", before["step"]}, {"reply", "pass"}}),
        Error);
    state = told(site, "/api/lesson", {{"number", 2}, {"step", state["step"]}, {"reply", "pass"}});
    CHECK(lessons::read_notes(run, 2).questions[0].state == "passed");
    CHECK(got(site, "/api/lessons")["lessons"][1]["progress"] == "begun");
    told(site, "/api/lesson", {{"number", 2}, {"again", true}});
    CHECK(got(site, "/api/lesson", two)["phase"] == "guess");
}

TEST_CASE("judges say of a typed solution what they say in a search; what is right is not kept") {
    const Temporary folder;
    const std::string run = folder / "run";
    copy_serve_run(run);
    Site site(run, 1);
    const Json state = got(site, "/api/judge");
    CHECK(state["judges"] == Json(std::vector<std::string>{"prm"}));
    CHECK(state["kept"].size() == 0);
    const std::vector<std::string> steps = {"12", "13"};
    Json body{{"problem", "7+5"}, {"steps", steps}, {"finished", true}};
    const Json found = told(site, "/api/judge", body);
    search::StageModels models(run, 1);
    const search::Path path{"7+5", steps, true};
    CHECK(found["scores"]["prm"] == Json(models.scorer("prm")->score({&path, 1})[0].steps));
    CHECK(found["solved"] == false);
    CHECK(found["labels"][0] != "wrong");
    CHECK(found["labels"][1] == "wrong");
    body["keep"] = true;
    CHECK(told(site, "/api/judge", body)["kept"].size() == 1);
    CHECK(told(site, "/api/judge", body)["kept"].size() == 1); // once
    CHECK(got(site, "/api/judge")["kept"][0]["right"] == "12");
    body["steps"] = std::vector<std::string>{"12"};
    const auto refused = [&](const Json& wrong) {
        return told(site, "/api/judge", wrong).value("error", "");
    };
    CHECK(refused(body).find("is right") != std::string::npos);
    for (const char* wrong : {"", "{}", R"({"problem": "7+", "steps": [], "finished": true})",
                              R"({"problem": "7+5", "steps": [""], "finished": true})",
                              R"({"problem": "7+5", "steps": "12", "finished": true})",
                              R"({"problem": "7+5", "steps": ["12"], "finished": 1})"})
        CHECK(
            parse_json(site.answer({"POST", "/api/judge", {}, wrong}).body, "t").contains("error"));
    // Without an ORM nothing is trained, and its command is named.
    CHECK_THROWS_WITH_AS(heard_from(site, "/api/judge-train", {}),
                         doctest::Contains("qstar train orm"), Error);
}
