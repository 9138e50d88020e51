// The commands under a report's figures, run as they stand by the real program: they make the
// figures again.

#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "eval/claims/claims.h"
#include "eval/command.h"
#include "eval/measure/printed_command.h"
#include "eval/plot/html.h"
#include "eval/report/report.h"
#include "eval/studies/best_of_n.h"
#include "eval/studies/early_stop.h"
#include "eval/studies/ladder.h"
#include "eval/studies/policies.h"
#include "tests/eval/tiny_road.h"
#include "tests/program.h"
#include "tests/sanitized.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::eval;
using qstar::tests::contains;
using qstar::tests::kSanitized;
using qstar::tests::run_program;

namespace {

// Far from the defaults, and of another seed than the run's.
void measure_everything(const std::string& run) {
    LadderOptions rungs;
    rungs.run = run;
    rungs.seed = 5;
    rungs.quiet = true;
    rungs.problems = 5;
    rungs.budgets = {150, 250};
    rungs.search.width = 2;
    rungs.search.proposals = 3;
    rungs.search.weight = 2.5;
    rungs.search.temperature = 0.9;
    rungs.split = "dev";
    ladder(rungs);
    BestOfNOptions curve;
    curve.run = run;
    curve.seed = 3;
    curve.quiet = true;
    curve.problems = 4;
    curve.samples = 6;
    curve.sizes = {1, 3, 6};
    curve.shuffles = 20;
    curve.scorers = {"prm"};
    best_of_n(curve);
    EarlyStopOptions stop;
    stop.run = run;
    stop.seed = 3;
    stop.quiet = true;
    stop.problems = 4;
    stop.samples = 3;
    stop.thresholds = {0.25, 0.5};
    early_stop(stop);
    PolicyOptions alone;
    alone.run = run;
    alone.seed = 4;
    alone.quiet = true;
    alone.problems = 5;
    alone.searches = {"sft:prm"};
    alone.search.budget = 200;
    alone.search.proposals = 3;
    policies(alone);
    ClaimsOptions tested;
    tested.run = run;
    tested.seed = 6;
    tested.quick = true;
    tested.quiet = true;
    tested.most = 4;
    tested.only = {1, 5, 11};
    claims(tested);
    ReportOptions page;
    page.run = run;
    page.seed = 7;
    page.quiet = true;
    page.problems = 4;
    page.samples = 3;
    page.looked_at = 5;
    page.shown = 2;
    page.budget = 200;
    report(page);
}

// All texts between <p class="command"><code> and </code>, each once, in order.
std::vector<std::string> printed_commands(const std::string& page) {
    const std::string begin = "<p class=\"command\"><code>";
    std::vector<std::string> found;
    for (size_t at = page.find(begin); at != page.npos; at = page.find(begin, at + 1)) {
        const size_t from = at + begin.size();
        std::string text = page.substr(from, page.find("</code>", from) - from);
        for (const auto& [mark, plain] : {std::pair<std::string, std::string>{"&lt;", "<"},
                                          {"&gt;", ">"},
                                          {"&quot;", "\""},
                                          {"&#39;", "'"},
                                          {"&amp;", "&"}})
            for (size_t i = text.find(mark); i != text.npos; i = text.find(mark, i + 1))
                text.replace(i, mark.size(), plain);
        if (std::find(found.begin(), found.end(), text) == found.end()) found.push_back(text);
    }
    return found;
}

// Without what a clock or a meter wrote.
Json without_clocks(Json value) {
    const std::set<std::string> clocks = {
        "seconds", "tokens_per_second", "peak_bytes", "states_per_second", "memory", "rss",
        "times"};
    if (value.is_object())
        for (const std::string& clock : clocks) value.erase(clock);
    if (value.is_structured())
        for (Json& inner : value) inner = without_clocks(inner);
    return value;
}

// Everything in the run's folder whose bytes must come out the same.
std::map<std::string, std::string> results_of(const std::string& run) {
    std::map<std::string, std::string> found;
    const std::string page = run + "/report.html";
    found[page] = without_clocks(embedded_data(read_file(page))).dump();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
        const std::string path = entry.path();
        if (!entry.is_regular_file()) continue;
        if (path.ends_with(".json"))
            found[path] = without_clocks(read_json(path).value).dump();
        else if (path.ends_with("metrics.jsonl"))
            for (const JsonLine& line : read_jsonl(path))
                found[path] += without_clocks(line.value).dump() + "\n";
        else if (path.ends_with("model.safetensors") || path.ends_with(".jsonl"))
            found[path] = read_file(path);
    }
    return found;
}

} // namespace

TEST_CASE("the commands that a report prints make its figures again") {
    if (kSanitized) return; // the same calls of a slow program
    Temporary folder;
    const std::string run = folder.path + "/a run"; // a shell sees two words
    tiny_road(run);
    measure_everything(run);
    const auto before = results_of(run);
    const std::vector<std::string> commands = printed_commands(read_file(run + "/report.html"));

    std::set<std::string> kinds;
    for (const std::string& command : commands) {
        CAPTURE(command);
        REQUIRE(command.starts_with("qstar "));
        // What is to be made again is gone, or the command would prove nothing.
        for (const auto& [words, file] :
             {std::pair<std::string, std::string>{"ladder", "ladder.json"},
              {"best-of-n", "best-of-n.json"},
              {"early-stop", "early-stop.json"},
              {"policies", "policies.json"}})
            if (command.starts_with("qstar eval " + words))
                std::filesystem::remove(run + "/" + file);
        const auto got = run_program(folder, command.substr(6));
        CAPTURE(got.error);
        REQUIRE(got.status == 0);
        const auto after = results_of(run);
        for (const auto& [path, bytes] : before) {
            CAPTURE(path);
            REQUIRE(after.contains(path));
            CHECK(after.at(path) == bytes);
        }
        CHECK(after.size() == before.size());
        const size_t first = command.find(' ', 6);
        kinds.insert(command.starts_with("qstar search")
                         ? "search"
                         : command.substr(6, command.find(' ', first + 1) - 6));
        if (command.starts_with("qstar search")) {
            const Json shown =
                embedded_data(read_file(run + "/report.html"))["measured"]["problems"][0];
            CHECK(contains(got.out, fmt::format("{} paths expanded, {} steps drawn",
                                                shown["expanded"].get<int64_t>(),
                                                shown["generated"].get<int64_t>())));
        }
    }
    for (const char* kind :
         {"eval ladder", "eval best-of-n", "eval early-stop", "eval policies", "eval claims",
          "eval report", "search", "train corpus", "train pretrain", "train sft", "train sample",
          "train label", "train orm", "train prm"}) {
        CAPTURE(kind);
        CHECK(kinds.contains(kind));
    }
}

TEST_CASE("a stage's command has the flags of its record") {
    const Json q{{"seed", 3},
                 {"batch", 32},
                 {"text", 0.25},
                 {"explore", {{"samples", 5}, {"proposals", 6}, {"temperature", 0.5}}},
                 {"world", "countdown"},
                 {"inputs", {{"model.safetensors", "0"}}}};
    CHECK(printed_stage("q", "runs/x", 3, q).find("--seed") == std::string::npos);
    const std::string command = printed_stage("q", "runs/x", 1, q);
    for (const char* part : {"qstar train q --run runs/x", " --text-weight 0.25", " --samples 5",
                             " --next 6", " --explore 0.5", " --seed 3", " --world countdown"}) {
        CAPTURE(command);
        CHECK(contains(command, part));
    }
    CHECK(printed_stage("ppo-prm", "r", 1, {{"reward", "prm"}, {"steps", 7}}) ==
          "qstar train ppo --run r --name ppo-prm --reward prm --steps 7 --force");
    CHECK(printed_stage("rank", "r", 1, {{"taste", {1, 0.5, 0.25, -2}}}) ==
          "qstar train rank --run r --correct 1 --work 0.5 --brief 0.25 --tidy -2 --force");
    CHECK(printed_stage("label-me", "r", 1, {{"judge", "me"}}) == "");
    CHECK(printed_stage("q-self-play", "r", 1, Json::object()) == ""); // self-play makes it
    CHECK(printed_stage("my notes", "r", 1, Json::object()) == "");
}

TEST_CASE("a printed command has what differs from a default, as a shell reads it") {
    CHECK(printed_command<LadderOptions>("eval ladder", "runs/x", 1,
                                         {{"problems", 1000}, {"seed", 1}}) ==
          "qstar eval ladder --run runs/x");
    CHECK(printed_command<LadderOptions>("eval ladder", "runs/x", 2,
                                         {{"problems", 500},
                                          {"budgets", {150, 300}},
                                          {"policies", Json::array()},
                                          {"temperature", 0.7},
                                          {"rows", Json::array()},
                                          {"seed", 1}}) ==
          "qstar eval ladder --run runs/x --problems 500 --budgets 150,300 --seed 1");
    CHECK(
        printed_search("it's", 1, {{"trace", true}, {"n_best", false}, {"problem", "-(3+4)*2"}}) ==
        "qstar search '-(3+4)*2' --run 'it'\\''s' --trace");
}
