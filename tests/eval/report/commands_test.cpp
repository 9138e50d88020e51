// The commands under a report's figures, run as they stand by the real program: they make the
// figures again.

#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "eval/claims/claims.h"
#include "eval/command.h"
#include "eval/measure/printed_command.h"
#include "eval/plot/html.h"
#include "eval/report/data.h"
#include "eval/report/report.h"
#include "eval/report/results.h"
#include "eval/studies/best_of_n.h"
#include "eval/studies/curve.h"
#include "eval/studies/early_stop.h"
#include "eval/studies/first_error.h"
#include "eval/studies/game24.h"
#include "eval/studies/label_sources.h"
#include "eval/studies/ladder.h"
#include "eval/studies/policies.h"
#include "eval/studies/preference_win_rate.h"
#include "tests/eval/tiny_pipeline.h"
#include "tests/program.h"
#include "tests/sanitized.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>
#include <sstream>
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
    LabelSourcesOptions sources; // first: its files are training texts, whose lines are counted
    sources.pool.run = run;
    sources.pool.seed = 3;
    sources.pool.quiet = true;
    sources.pool.problems = 4;
    sources.pool.samples = 4;
    sources.sizes = {1, 4};
    sources.shuffles = 20;
    sources.solutions = 12;
    sources.rollouts = 2;
    sources.people = {0.25};
    label_sources(sources);
    LadderOptions settings;
    settings.run = run;
    settings.seed = 5;
    settings.quiet = true;
    settings.problems = 5;
    settings.budgets = {150, 250};
    settings.search.width = 2;
    settings.search.proposals = 3;
    settings.search.weight = 2.5;
    settings.search.temperature = 0.9;
    settings.split = "dev";
    ladder(settings);
    BestOfNOptions curve;
    curve.pool.run = run;
    curve.pool.seed = 3;
    curve.pool.quiet = true;
    curve.pool.problems = 4;
    curve.pool.samples = 6;
    curve.sizes = {1, 3, 6};
    curve.shuffles = 20;
    curve.pool.scorers = {"prm"};
    best_of_n(curve);
    EarlyStopOptions stop;
    stop.pool.run = run;
    stop.pool.seed = 3;
    stop.pool.quiet = true;
    stop.pool.problems = 4;
    stop.pool.samples = 3;
    stop.thresholds = {0.25, 0.5};
    early_stop(stop);
    FirstErrorOptions named;
    named.pool.run = run;
    named.pool.seed = 3;
    named.pool.quiet = true;
    named.pool.problems = 4;
    named.pool.samples = 3;
    named.threshold = 0.4;
    first_error(named);
    PolicyOptions alone;
    alone.run = run;
    alone.seed = 4;
    alone.quiet = true;
    alone.problems = 5;
    alone.searches = {"sft:prm"};
    alone.search.budget = 200;
    alone.search.proposals = 3;
    policies(alone);
    CurveOptions against;
    against.run = run;
    against.seed = 4;
    against.quiet = true;
    against.problems = 3;
    against.budgets = {60, 120};
    against.methods = {"greedy", "best of N", "A*"};
    against.search.temperature = 0.5;
    eval::curve(against);
    PreferenceOptions preferred;
    preferred.run = run;
    preferred.seed = 4;
    preferred.quiet = true;
    preferred.problems = 4;
    preferred.policies = {"pretrain"};
    preference_win_rate(preferred);
    ClaimsOptions tested;
    tested.run = run;
    tested.seed = 6;
    tested.quick = true;
    tested.quiet = true;
    tested.most = 4;
    tested.only = {1, 5, 11};
    claims(tested);
    MeasureOptions page;
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

// The commands of a page of results (results.h): the lines that are set in, without their times.
std::vector<std::string> shown_commands(const std::string& markdown) {
    std::vector<std::string> found;
    std::istringstream in(markdown);
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("    qstar ")) found.push_back(line.substr(4, line.find("   # ") - 4));
    return found;
}

// Everything in the run's folder whose bytes must come out the same.
std::map<std::string, std::string> results_of(const std::string& run) {
    std::map<std::string, std::string> found;
    const std::string page = run + "/report.html";
    if (exists(page)) found[page] = without_clocks(embedded_data(read_file(page))).dump();
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

// "eval ladder", "train sft", "search"
std::string kind_of(const std::string& command) {
    if (command.starts_with("qstar search")) return "search";
    return command.substr(6, command.find(' ', command.find(' ', 6) + 1) - 6);
}

// Runs the command with the run's figures of its kind gone, or it would prove nothing, and compares
// all of the run with what it was. Gives what the command printed.
std::string make_again(const Temporary& folder, const std::string& run, const std::string& command,
                       const std::map<std::string, std::string>& before) {
    CAPTURE(command);
    REQUIRE(command.starts_with("qstar "));
    for (const Source& source : sources())
        if (kind_of(command) == source.command && source.name != "claims") {
            const std::string study(source.study); // of a folder: with the models that it trained
            const size_t slash = study.find('/');
            std::filesystem::remove_all(
                run + "/" + (slash == study.npos ? study + ".json" : study.substr(0, slash)));
        }
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
    return got.out;
}

} // namespace

TEST_CASE("the commands that a report and a page of results print make their figures again") {
    if (kSanitized) return; // the same calls of a slow program
    Temporary folder;
    const std::string run = folder.path + "/a run"; // a shell sees two words
    tiny_pipeline(run);
    measure_everything(run);
    const auto before = results_of(run);
    std::vector<std::string> commands = printed_commands(read_file(run + "/report.html"));
    for (const std::string& command : shown_commands(results({run})))
        if (std::find(commands.begin(), commands.end(), command) == commands.end())
            commands.push_back(command);

    std::set<std::string> kinds;
    for (const std::string& command : commands) {
        const std::string out = make_again(folder, run, command, before);
        kinds.insert(kind_of(command));
        if (kind_of(command) != "search") continue;
        const Json shown =
            embedded_data(read_file(run + "/report.html"))["measured"]["problems"][0];
        CHECK(contains(out, fmt::format("{} paths expanded, {} steps drawn",
                                        shown["expanded"].get<int64_t>(),
                                        shown["generated"].get<int64_t>())));
    }
    for (const char* kind : {"eval report", "search", "train corpus", "train pretrain", "train sft",
                             "train sample", "train label", "train orm", "train prm"}) {
        CAPTURE(kind);
        CHECK(kinds.contains(kind));
    }
    // Every part of a page but the two of a countdown run and of a demo.
    for (const Source& source : sources()) {
        if (source.name == "game24" || source.name == "times") continue;
        CAPTURE(source.command);
        CHECK(kinds.contains(std::string(source.command)));
    }
}

TEST_CASE("the commands of a countdown run's results make its figures again") {
    if (kSanitized) return;
    Temporary folder;
    const std::string run = folder / "run";
    // By the command, whose record has the flags of its own world.
    REQUIRE(run_program(folder, "train corpus --world countdown --tokens 20000 --curated 16 "
                                "--quiet --run " +
                                    run)
                .status == 0);
    auto pretrain = quiet<train::PretrainOptions>(run);
    pretrain.layers = 1;
    pretrain.width = 32;
    pretrain.heads = 2;
    pretrain.steps = 20;
    train::pretrain(pretrain);
    auto sft = quiet<train::SftOptions>(run);
    sft.epochs = 1;
    train::sft(sft);
    auto game = quiet<Game24Options>(run);
    game.hands = 6;
    game.budgets = {50, 120};
    game.policy = "sft";
    game.scorer = "none";
    game.search.proposals = 3;
    game24(game);
    const auto before = results_of(run);
    const std::vector<std::string> commands = shown_commands(results({run}));
    std::set<std::string> kinds;
    for (const std::string& command : commands) {
        make_again(folder, run, command, before);
        kinds.insert(kind_of(command));
    }
    CHECK(kinds ==
          std::set<std::string>{"eval game24", "train corpus", "train pretrain", "train sft"});
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
