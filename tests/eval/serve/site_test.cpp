// What stands behind the page's addresses, without a network.

#include "engine/text/json_parse.h"
#include "eval/serve/site.h"
#include "search/worlds/make_world.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/serve/live_search.h"
#include "eval/serve/page.h"
#include "eval/serve/retrain.h"
#include "search/results.h"
#include "tests/eval/serve/serve_run.h"
#include "tests/program.h"
#include "train/data/labels.h"
#include "train/data/ranks.h"
#include "train/q_learning/walk.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sstream>

using namespace qstar;
using namespace qstar::eval;
using namespace qstar::tests;

namespace {

Json get(Site& site, const std::string& path) {
    const HttpReply reply = site.answer({"GET", path, {}, ""});
    CHECK(reply.status == 200);
    return parse_json(reply.body, "test");
}
Json post(Site& site, const std::string& path, const Json& body) {
    return parse_json(site.answer({"POST", path, {}, json_text(body)}).body, "test");
}
Listener listen(Site& site, std::map<std::string, std::string> query) {
    Listener listener;
    site.answer({"GET", "/api/search", std::move(query), ""}).events(listener);
    return listener;
}

// A small model writes any bytes; what is no UTF-8 is told as U+FFFD.
Json as_told(const std::vector<std::string>& steps) {
    return parse_json(json_text(Json(steps)), "test");
}

template <class Options>
std::string typing(const std::string& run, const std::string& name, const std::string& text) {
    Options options;
    options.stage.run = run;
    options.annotator = "me";
    options.name = name;
    std::istringstream in(text);
    std::ostringstream out;
    if constexpr (std::is_same_v<Options, train::RankOptions>)
        train::rank(options, in, out);
    else
        train::label(options, in, out);
    return out.str();
}

} // namespace

TEST_CASE("a page over a small run") {
    const Temporary folder;
    const std::string run = folder.path + "/run";
    copy_serve_run(run);
    Site site(run, 1);

    SUBCASE("its files, and nothing else") {
        const HttpReply page = site.answer({"GET", "/", {}, ""});
        CHECK(page.type == "text/html; charset=utf-8");
        CHECK(page.body == std::string(site.answer({"GET", "/index.html", {}, ""}).body));
        CHECK(page.body.starts_with("<!doctype html>"));
        for (const EmbeddedFile& file : page_files())
            CHECK(site.answer({"GET", "/" + std::string(file.name), {}, ""}).body == file.text);
        for (const char* path : {"", "/x", "//", "/../config.json", "/config.json", "/api",
                                 "/api/run/", "/page/index.html"})
            CHECK(site.answer({"GET", path, {}, ""}).status == 404);
        CHECK(site.answer({"POST", "/", {}, "{}"}).status == 404);
        const Json about = get(site, "/api/run");
        CHECK(about["world"] == "arithmetic");
        CHECK(about["scorers"] == Json({"prm"}));
        CHECK(about["examples"].size() == 12);
    }

    SUBCASE("puzzles by the networks of another run") {
        train::WalkOptions walk;
        walk.training.stage.run = folder.path + "/cubes";
        walk.training.stage.quiet = true;
        walk.training.puzzle.world = "cube2";
        walk.training.width = walk.training.loop.batch = 16;
        walk.training.steps = 10;
        train::walk(walk);
        const auto cube = search::make_space(walk.training.puzzle);
        const std::string state = cube->text(search::scrambled_by(*cube, "U R").data());
        const auto method = [&](Site& of) {
            const HttpReply reply = of.answer(
                {"GET", "/api/puzzle", {{"world", "cube2"}, {"size", "0"}, {"state", state}}, ""});
            return parse_json(reply.body, "test")["method"];
        };
        Site other(run, 1, walk.training.stage.run);
        CHECK(method(site) == "the table of all 3,674,160 states");
        CHECK(method(other) == "a beam of 4096 with the network of walk");
    }

    SUBCASE("a search that is watched is the search") {
        for (const char* method :
             {"greedy", "majority", "best-of-n", "beam", "mcts", "astar", "qstar"}) {
            CAPTURE(method);
            search::StageModels models(run, 1);
            const SearchRequest asked = search_request({{"problem", "3*(4+5)-2"},
                                                        {"method", method},
                                                        {"scorer", "prm"},
                                                        {"budget", "300"}},
                                                       RunModels(run, 1));
            search::Scorer* scorer = models.scorer("prm");
            const auto world = search::make_world("arithmetic");
            search::Options options;
            options.budget = 300;
            search::set_defaults(options, *world, asked.method, scorer);
            const auto alone = search::solve({&asked.problem, 1}, asked.method,
                                             models.policy("sft"), scorer, options)[0];
            const Listener heard = listen(site, {{"problem", "3*(4+5)-2"},
                                                 {"method", method},
                                                 {"scorer", "prm"},
                                                 {"budget", "300"}});
            REQUIRE(heard.heard.size() >= 3);
            CHECK(heard.heard.front().first == "begin");
            CHECK(heard.heard.back().first == "done");
            const Json done = parse_json(heard.heard.back().second, "test");
            CHECK(done["answer"] == as_told({alone.answer})[0]);
            CHECK(done["tokens"] == alone.tokens);
            CHECK(done["expanded"] == alone.expanded);
            CHECK(done["steps"] == as_told(alone.steps));

            // The tree that was told: each node after its parent, the solution a path in it, and
            // the tokens those of the result.
            std::map<int, std::pair<int, std::string>> nodes{{0, {-1, "3*(4+5)-2"}}};
            std::map<int, int> scored;
            int64_t expanded = 0, tokens = 0;
            for (const auto& [event, data] : heard.heard) {
                if (event != "grow") continue;
                const Json grow = parse_json(data, "test");
                for (const Json& node : grow["nodes"]) {
                    if (!node.contains("parent")) continue;
                    CHECK(nodes.contains(node["parent"].get<int>()));
                    nodes[node["id"].get<int>()] = {node["parent"].get<int>(),
                                                    node["text"].get<std::string>()};
                }
                for (const Json& score : grow["scores"]) ++scored[score[0].get<int>()];
                for (const Json& id : grow["expanded"]) CHECK(nodes.contains(id.get<int>()));
                expanded += std::ssize(grow["expanded"]);
                tokens = grow["tokens"].get<int64_t>();
            }
            CHECK(expanded == alone.expanded);
            if (std::string(method) != "greedy" && std::string(method) != "majority")
                CHECK(tokens == alone.tokens); // else the scorer's view was asked for the page only
            const Json& path = done["path"];
            REQUIRE(path.size() == alone.steps.size() + 1);
            for (size_t i = 1; i < path.size(); ++i) {
                const auto& [parent, text] = nodes.at(path[i].get<int>());
                CHECK(parent == path[i - 1].get<int>());
                CHECK(text == as_told(alone.steps)[i - 1]);
                CHECK(scored.contains(path[i].get<int>()));
            }
        }
    }

    SUBCASE("wrong wishes are refused in a sentence, and a client that leaves is not served on") {
        using Query = std::map<std::string, std::string>;
        for (const Query& wrong :
             {Query{}, Query{{"problem", "3*"}}, Query{{"problem", std::string(700, '1')}},
              Query{{"problem", "1+2"}, {"method", "magic"}},
              Query{{"problem", "1+2"}, {"scorer", "../sft"}},
              Query{{"problem", "1+2"}, {"method", "best-of-n"}},
              Query{{"problem", "1+2"}, {"budget", "1e9"}},
              Query{{"problem", "1+2"}, {"budget", "-1"}},
              Query{{"problem", "1+2"}, {"weight", "nan"}},
              Query{{"problem", "1+2"}, {"width", "1000"}}})
            CHECK_THROWS_AS(listen(site, wrong), Error);
        Listener leaves;
        leaves.leaves_after = 2;
        site.answer({"GET", "/api/search", {{"problem", "3*(4+5)-2"}, {"method", "beam"}}, ""})
            .events(leaves);
        CHECK(leaves.heard.size() <= 3);
        CHECK(leaves.heard.back().first != "done");
    }

    SUBCASE("labels are those of the terminal, which can go on with them") {
        Json asked = get(site, "/api/label");
        CHECK(asked["number"] == 0);
        CHECK(post(site, "/api/label", {{"undo", true}}) == asked); // there is nothing to undo
        CHECK(!exists(run + "/label-me"));
        const size_t steps = asked["steps"].size();
        const auto key = [&](int label) {
            asked = post(
                site, "/api/label",
                {{"number", asked["number"]}, {"step", asked["labels"].size()}, {"label", label}});
        };
        for (size_t i = 0; i < steps; ++i) key(1);
        CHECK(asked["number"] == 1);
        CHECK(train::read_step_labels(run + "/label-me/steps.jsonl").size() == 1);
        key(-1);
        CHECK(asked["number"] == 2);
        asked = post(site, "/api/label", {{"undo", true}});
        CHECK(asked["number"] == 1);
        key(0);
        const bool begun = asked["number"] == 1; // a solution of one step is whole with it
        typing<train::LabelOptions>(run, "label-me", "-\nq\n");
        asked = get(site, "/api/label");
        CHECK(asked["number"].get<int>() >= 2);
        const auto labels = train::read_step_labels(run + "/label-me/steps.jsonl");
        CHECK(labels.size() >= 2);
        CHECK(labels[0].labels.size() == steps);
        CHECK(labels[1].labels[0] == search::Label::neutral);
        if (begun) CHECK(labels[1].labels[1] == search::Label::wrong);

        // The same, typed at the terminal into another folder, gives the same bytes.
        std::string keys;
        for (const auto& answer : train::read_answers(run + "/label-me/partial/answers.jsonl", 9))
            for (const int label : answer) keys += label > 0 ? "+\n" : label == 0 ? "0\n" : "-\n";
        typing<train::LabelOptions>(run, "label-other", keys + "q\n");
        for (const char* file : {"steps.jsonl", "outcomes.jsonl", "partial/answers.jsonl"})
            CHECK(read_file(run + "/label-me/" + file) == read_file(run + "/label-other/" + file));

        const std::string before = read_file(run + "/label-me/partial/answers.jsonl");
        for (const char* wrong : {"", "[", "[]", "null", "{}", R"({"number": 0})", R"({"undo": 1})",
                                  R"({"number": 0, "step": 0, "label": 1})",
                                  R"({"number": 1e99, "step": 0, "label": 1})",
                                  R"({"number": 2, "step": 0, "label": 2})",
                                  R"({"number": 2, "step": -1, "label": 1})"})
            CHECK_THROWS_AS(site.answer({"POST", "/api/label", {}, wrong}), Error);
        CHECK(read_file(run + "/label-me/partial/answers.jsonl") == before);
    }

    SUBCASE("ranks are those of the terminal, which can go on with them; a model learns of them") {
        Json asked = get(site, "/api/rank");
        const auto outputs = asked["outputs"].get<std::vector<std::vector<std::string>>>();
        REQUIRE(outputs.size() >= 2);
        std::vector<int> places(outputs.size());
        for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<int>(places.size() - i);
        const std::string problem = asked["problem"].get<std::string>();
        asked = post(site, "/api/rank", {{"number", 0}, {"places", places}});
        CHECK(asked["number"] == 1);
        const auto pairs = train::read_ranks(run + "/rank-me/ranks.jsonl");
        CHECK(pairs.size() == outputs.size() * (outputs.size() - 1) / 2);
        CHECK(pairs[0].problem == problem);
        CHECK(pairs[0].chosen == outputs.back());
        CHECK(typing<train::RankOptions>(run, "rank-me", "q\n").find("[2 of ") !=
              std::string::npos);
        for (const char* wrong :
             {"[1]", "{}", R"({"number": 0, "places": [1, 2]})", R"({"number": 1, "places": [1]})",
              R"({"number": 1, "places": [0, 1, 2, 3]})",
              R"({"number": 1, "places": ["1", "2", "3", "4"]})",
              R"({"number": 1, "places": [1e300, 1, 1, 1]})"})
            CHECK_THROWS_AS(site.answer({"POST", "/api/rank", {}, wrong}), Error);
        CHECK(post(site, "/api/rank", {{"undo", true}})["number"] == 0);
        CHECK(read_file(run + "/rank-me/ranks.jsonl").empty());
        post(site, "/api/rank", {{"number", 0}, {"places", places}});

        for (const char* wrong :
             {"", "{}", R"({"from": "x", "prompts": 1})", R"({"from": "both", "prompts": 0})"})
            CHECK_THROWS_AS(site.answer({"POST", "/api/reward", {}, wrong}), Error);
        CHECK(get(site, "/api/reward")["model"].is_null());
        const std::string body = R"({"from": "both", "prompts": 60})";
        for (const bool again : {false, true}) {
            Listener heard;
            site.answer({"POST", "/api/reward", {}, body}).events(heard);
            REQUIRE(heard.heard.size() > 2);
            CHECK(heard.heard[0].first == "step");
            const Json done = parse_json(heard.heard.back().second, "test");
            CHECK(heard.heard.back().first == "done");
            CHECK(done["before"].is_null() == !again);
            CHECK(done["after"]["pairs"].get<int>() > 0);
            if (again) CHECK(done["before"] == done["after"]); // the same ranks, the same bytes
        }
        CHECK(get(site, "/api/reward")["model"] == "reward-me");
        CHECK(get(site, "/api/run")["scorers"] == Json({"prm", "reward-me"}));
        Listener leaves;
        leaves.leaves_after = 1;
        site.answer({"POST", "/api/reward", {}, body}).events(leaves);
        CHECK(leaves.heard.size() == 1);
        CHECK(listen(site, {{"problem", "1+2*3"}, {"scorer", "prm"}}).heard.back().first == "done");
    }
}

TEST_CASE("the command says in one sentence what is wrong, with status 2") {
    const Temporary folder;
    const std::string run = folder.path + "/run";
    copy_serve_run(run);
    const auto says = [&](const std::string& flags) {
        const ProgramOutput output = run_program(folder, "eval serve " + flags);
        CHECK(output.status == 2);
        const std::string said = output.out + output.error;
        CHECK(std::count(said.begin(), said.end(), '\n') == 1);
        return said;
    };
    CHECK(says(fmt::format("--run '{}' --port 70000", run)).find("70000") != std::string::npos);
    CHECK(says("--run nowhere").find("nowhere: there is no such run: make one with") !=
          std::string::npos);
    try {
        HttpServer taken({}, [](const HttpRequest&) { return HttpReply(); });
        const std::string port = std::to_string(taken.port());
        CHECK(says(fmt::format("--run '{}' --port {}", run, port)).find(port) != std::string::npos);
    } catch (const Error& error) {
        CHECK(says(fmt::format("--run '{}'", run)).find("libcpp-httplib-dev") != std::string::npos);
    }
}

TEST_CASE("a folder without models is refused") {
    const Temporary folder;
    CHECK_THROWS_WITH_AS(Site(folder.path, 1), doctest::Contains("there is no such run"), Error);
}
