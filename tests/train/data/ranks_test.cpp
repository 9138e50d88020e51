// Ranks: the file, the simulated person, and the person at the terminal.

#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/worlds/make_world.h"
#include "train/data/ranks.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "train/annotation/rank.h"
#include "train/annotation/session.h"
#include "train/annotation/simulated_annotator.h"
#include "train/data/labels.h"

#include <cmath>
#include <doctest/doctest.h>
#include <sstream>

using namespace qstar;
using namespace qstar::train;

namespace {

// Two prompts with three outputs and one with two.
void write_samples_to_rank(const std::string& run) {
    const std::vector<SampledSolution> solutions = {
        {"1+2+3", {"3+3", "6"}, true}, {"1+2+3", {"5"}, true},
        {"1+2+3", {"3+3", "7"}, true}, {"2*3+1", {"6+1", "7"}, true},
        {"2*3+1", {"9"}, true},        {"2*3+1", {"2*4"}, false},
        {"4-1-1", {"2"}, true},        {"4-1-1", {"3-1", "2"}, true},
        {"4-1-1", {"4"}, true},        {"5+5+5", {"10+5", "15"}, true} // nothing to compare it with
    };
    std::vector<Json> lines;
    for (const SampledSolution& solution : solutions) lines.push_back(json_of(solution));
    make_folders(run + "/samples");
    write_jsonl(run + "/samples/solutions.jsonl", lines);
}

// What the person typed, line by line; gives what the terminal showed.
std::string typing_ranks(const RankOptions& options, const std::string& text) {
    std::istringstream in(text);
    std::ostringstream out;
    rank(options, in, out);
    return out.str();
}

} // namespace

TEST_CASE("a simulated annotator ranks no solutions of a problem that the world does not know") {
    const Temporary folder;
    write_jsonl(folder / "solutions.jsonl",
                std::vector<Json>{json_of(SampledSolution{"how many?", {"6"}, true}),
                                  json_of(SampledSolution{"how many?", {"5"}, true})});
    RankOptions options = quiet<RankOptions>(folder.path);
    options.solutions = folder / "solutions.jsonl";
    std::istringstream in("1 2\n");
    std::ostringstream out;
    CHECK_THROWS_WITH_AS(rank(options, in, out), doctest::Contains("solutions.jsonl: 2 bad lines"),
                         Error);
    options.annotator = "me"; // a person may know
    rank(options, in, out);
    CHECK(read_ranks(folder / "ranks/ranks.jsonl").size() == 1);
}

TEST_CASE("ranks come back as they were written, the pairs of a prompt as one ranking") {
    const Temporary folder;
    const std::vector<std::vector<std::string>> outputs = {{"3+3", "6"}, {"5"}, {"3+3", "7"}};
    const auto pairs = pairs_of("1+2+3", outputs, std::vector<int>{1, 2, 2});
    REQUIRE(pairs.size() == 2); // the equal ones give no pair
    std::vector<Json> lines;
    for (const RankedPair& pair : pairs) lines.push_back(json_of(pair));
    CHECK(lines[0]["prompt"] == "1+2+3");
    CHECK(lines[0]["chosen"] == "3+3\n6");
    CHECK(lines[0]["rejected"] == "5");
    lines.push_back(json_of(RankedPair{"2*3", {"6"}, {"5"}}));
    write_jsonl(folder.path + "/ranks.jsonl", lines);

    const auto rankings = rankings_of(read_ranks(folder.path + "/ranks.jsonl"));
    REQUIRE(rankings.size() == 2);
    CHECK(rankings[0].outputs == outputs);
    CHECK(rankings[0].pairs == std::vector<std::pair<size_t, size_t>>{{0, 1}, {0, 2}});
    CHECK(rankings[1].problem == "2*3");
    CHECK(pairs_of("", outputs, std::vector<int>{3, 1, 2}).size() == 3);
    CHECK(pairs_of("", outputs, std::vector<int>{3, 1, 2})[0].chosen ==
          std::vector<std::string>{"5"});
}

TEST_CASE("a broken file of ranks is refused with its line") {
    const Temporary folder;
    const auto refuses = [&](const std::string& line, const std::string& reason) {
        const std::string path =
            folder.file("ranks.jsonl", R"({"prompt": "2+3", "chosen": "5", "rejected": "6"})"
                                       "\n" +
                                           line + "\n");
        CHECK_THROWS_WITH_AS(read_ranks(path), doctest::Contains((path + ":2").c_str()), Error);
        CHECK_THROWS_WITH_AS(read_ranks(path), doctest::Contains(reason.c_str()), Error);
    };
    refuses("{\"prompt\": ", "not JSON");
    refuses(R"({"prompt": "2+3", "chosen": "5"})", "rejected");
    refuses(R"({"prompt": "2+3", "chosen": "5", "rejected": ["6"]})", "expected an object");
    refuses(R"({"prompt": "2+3", "chosen": "", "rejected": "6"})", "found no text");
    refuses(R"({"prompt": "", "chosen": "5", "rejected": "6"})", "expected a problem");
    refuses(R"({"prompt": "2+3", "chosen": "5", "rejected": "5"})", "are the same");
}

TEST_CASE("the preference by hand") {
    const auto world = search::make_world("arithmetic");
    const AnnotatorPreference preference{3, 1.5, 1, 0.5};
    // Right, one line of work, 4 characters under 5, tidy.
    CHECK(utility(preference, *world, {"1+2+3", {"3+3", "6"}, true}) ==
          doctest::Approx(3 + 0.75 + 5.0 / 7 + 0.5));
    // Wrong, no work.
    CHECK(utility(preference, *world, {"1+2+3", {"5"}, true}) == doctest::Approx(5.0 / 5.5 + 0.5));
    // Of three lines one is untidy, and one was written before.
    CHECK(utility({0, 0, 0, 1}, *world, {"3*(1-2)", {"3*-1", "-3", "-3"}, true}) ==
          doctest::Approx(1.0 / 3));
    CHECK(utility(kCorrectOnly, *world, {"3*(1-2)", {"3*-1", "-3"}, true}) == 1);
    CHECK(utility(kCorrectOnly, *world, {"3*(1-2)", {"3*-1", "-3"}, false}) == 0); // no answer
    CHECK(utility(preference, *world, {"1+2", {}, false}) == 0);
}

TEST_CASE("the simulated annotator follows Bradley and Terry, and disagrees at its rate") {
    CHECK(prefers({{}, 1, 0}, 2, 1) == doctest::Approx(1 / (1 + std::exp(-1.0))));
    CHECK(prefers({{}, 2, 0}, 2, 1) == doctest::Approx(1 / (1 + std::exp(-0.5))));
    CHECK(prefers({{}, 0, 0.1}, 2, 1) == doctest::Approx(0.9));
    CHECK(prefers({{}, 0, 0.1}, 1, 1) == doctest::Approx(0.5));
    CHECK_THROWS_AS(check(flags_of(SimulatedAnnotator{{}, 1, 0.6})), Error);
    CHECK_THROWS_AS(check(flags_of(SimulatedAnnotator{{}, -1, 0})), Error);

    // Orders of three, drawn often: each pair as the formula says.
    const SimulatedAnnotator person{{}, 1, 0};
    const std::vector<double> utilities = {1.0, 0.0, 2.5};
    Random random(1, "test");
    const int n = 20'000;
    int first_above_second = 0, third_above_first = 0;
    for (int i = 0; i < n; ++i) {
        const auto places = order(person, utilities, random);
        first_above_second += places[0] < places[1];
        third_above_first += places[2] < places[0];
    }
    CHECK(first_above_second / double{n} == doctest::Approx(prefers(person, 1, 0)).epsilon(0.02));
    CHECK(third_above_first / double{n} == doctest::Approx(prefers(person, 2.5, 1)).epsilon(0.02));
    CHECK(order({{}, 0, 0}, utilities, random) == std::vector<int>{2, 3, 1});
}

TEST_CASE("orders as people type them") {
    CHECK(read_order("2 1 3", 3) == std::vector<int>{2, 1, 3});
    CHECK(read_order("213", 3) == std::vector<int>{2, 1, 3});
    CHECK(read_order("3 > 1=2", 3) == std::vector<int>{2, 2, 1});
    CHECK(read_order("1=2=3", 3) == std::vector<int>{1, 1, 1});
    CHECK_THROWS_WITH_AS(read_order("1 2", 3), doctest::Contains("output 3 is missing"), Error);
    CHECK_THROWS_WITH_AS(read_order("1 2 2", 3), doctest::Contains("twice"), Error);
    CHECK_THROWS_WITH_AS(read_order("1 2 4", 3), doctest::Contains("1 to 3"), Error);
    CHECK_THROWS_WITH_AS(read_order("best", 2), doctest::Contains("\"b\""), Error);
    CHECK_THROWS_AS(read_order("", 2), Error);
}

TEST_CASE("a person ranks: mistakes, undo, quit, and on where he stopped") {
    const Temporary folder;
    write_samples_to_rank(folder.path);
    const std::string file = folder.path + "/ranks/ranks.jsonl";
    // A typing error is said; the first answer is taken back and given anew; then he quits.
    const std::string shown =
        typing_ranks(annotated_by_me<RankOptions>(folder.path), "2 1\n2 1 3\nu\n3 2 1\nq\n");
    CHECK(shown.find("[1 of 3]  1+2+3") != std::string::npos);
    CHECK(shown.find("output 3 is missing") != std::string::npos);
    CHECK(shown.find("1 of 3 prompts ranked, 3 pairs") != std::string::npos);
    CHECK(read_ranks(file).size() == 3);
    CHECK(!exists(folder.path + "/ranks/done.json"));
    const auto first = rankings_of(read_ranks(file))[0];

    // The input ends (the window is closed) after the next answer; nothing is lost.
    const std::string second = typing_ranks(annotated_by_me<RankOptions>(folder.path), "1=2\n");
    CHECK(second.find("[1 of 3]") == std::string::npos);
    CHECK(second.find("[2 of 3]  2*3+1") != std::string::npos);
    CHECK(read_ranks(file).size() == 3); // the equal ones gave no pair

    // Undo reaches back over the calls; then he finishes.
    const std::string last =
        typing_ranks(annotated_by_me<RankOptions>(folder.path), "u\n1 2\n1 2 3\n");
    CHECK(last.find("3 of 3 prompts ranked, 7 pairs") != std::string::npos);
    const auto rankings = rankings_of(read_ranks(file));
    REQUIRE(rankings.size() == 3);
    CHECK(rankings[0].outputs == first.outputs);
    CHECK(rankings[0].pairs.size() == 3);
    CHECK(rankings[1].pairs.size() == 1);
    CHECK(exists(folder.path + "/ranks/done.json"));
    CHECK(!exists(folder.path + "/ranks/partial"));
    // Finished: nothing is asked any more.
    RankOptions again = annotated_by_me<RankOptions>(folder.path);
    again.stage.quiet = true;
    CHECK(typing_ranks(again, "").empty());
}

TEST_CASE("a broken session file is refused, and the answers stay as they are") {
    const Temporary folder;
    write_samples_to_rank(folder.path);
    typing_ranks(annotated_by_me<RankOptions>(folder.path), "2 1 3\nq\n");
    const std::string answers = folder.path + "/ranks/partial/answers.jsonl";
    const std::string good = read_file(answers);
    const auto refuses = [&](const std::string& text, const std::string& reason) {
        write_file_atomic(answers, text);
        CHECK_THROWS_WITH_AS(typing_ranks(annotated_by_me<RankOptions>(folder.path), "q\n"),
                             doctest::Contains(reason.c_str()), Error);
        CHECK(read_file(answers) == text);
    };
    refuses(good + "{}\n", "answers.jsonl:2: expected a list");
    refuses(good + "[1, \"2\"]\n", "whole numbers");
    refuses(good + "[1]\n", "found 1");
    refuses(good + good + good + good, "at most 3 answers");
}

TEST_CASE("the simulated annotator ranks; without noise as its preference says") {
    const Temporary folder;
    write_samples_to_rank(folder.path);
    RankOptions options;
    options.stage.run = folder.path;
    options.stage.quiet = true;
    options.simulated.noise = 0;
    options.simulated.disagreement = 0;
    rank(options);
    const auto world = search::make_world("arithmetic");
    const auto pairs = read_ranks(folder.path + "/ranks/ranks.jsonl");
    CHECK(pairs.size() == 7);
    for (const RankedPair& pair : pairs)
        CHECK(utility({}, *world, {pair.problem, pair.chosen, true}) >
              utility({}, *world, {pair.problem, pair.rejected, true}));

    // The same call gives the same bytes; one who always disagrees half the time does not.
    const std::string bytes = read_file(folder.path + "/ranks/ranks.jsonl");
    options.stage.force = true;
    rank(options);
    CHECK(read_file(folder.path + "/ranks/ranks.jsonl") == bytes);
    options.simulated.disagreement = 0.5;
    rank(options);
    CHECK(read_file(folder.path + "/ranks/ranks.jsonl") != bytes);
    options.annotator = "oracle";
    CHECK_THROWS_WITH_AS(rank(options), doctest::Contains("--annotator must be"), Error);
    options.annotator = "simulated";
    options.name = "sft";
    CHECK_THROWS_WITH_AS(rank(options), doctest::Contains("--name must be rank"), Error);
}
