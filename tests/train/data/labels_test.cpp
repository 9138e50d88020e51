#include "engine/text/json_parse.h"
#include "search/worlds/make_world.h"
#include "train/data/label_steps.h"
#include "train/data/labels.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/temporary.h"
#include "train/annotation/label.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::train;
using search::Label;

TEST_CASE("the verifier stops at the first error") {
    const auto world = search::make_world("arithmetic");
    const LabelledSolution right =
        label_steps(*world, {"3*(4+5)-2", {"3*9-2", "27-2", "25"}, true});
    CHECK(right.labels == std::vector{Label::right, Label::right, Label::right});
    CHECK(right.true_answer == "25");
    const LabelledSolution wrong =
        label_steps(*world, {"3*(4+5)-2", {"3*9-2", "26-2", "24"}, true});
    CHECK(wrong.labels == std::vector{Label::right, Label::wrong});
    const LabelledSolution turning = label_steps(*world, {"2+3", {"3+2", "5"}, true});
    CHECK(turning.labels == std::vector{Label::neutral, Label::right});
}

TEST_CASE("a right answer is not a sound solution, and a beginning is what is right of it") {
    const auto world = search::make_world("arithmetic");
    const search::Path lucky{"12-5+6", {"17+6", "13"}, true}; // two mistakes cancel out
    CHECK(world->solved(lucky));
    CHECK_FALSE(sound(*world, lucky));
    CHECK(right_beginning(*world, lucky) == search::Path{"12-5+6", {}, false});
    const search::Path right{"12-5+6", {"7+6", "13"}, true};
    CHECK(sound(*world, right));
    CHECK(right_beginning(*world, right).steps == std::vector<std::string>{"7+6"});
    const search::Path slip{"2*3+4-5", {"6+4-5", "10-5", "6"}, true};
    CHECK_FALSE(sound(*world, slip));
    CHECK(right_beginning(*world, slip).steps == std::vector<std::string>{"6+4-5", "10-5"});
    CHECK_FALSE(sound(*world, {"12-5+6", {}, false}));
}

TEST_CASE("step labels come back as they were written") {
    const Temporary folder;
    const auto world = search::make_world("arithmetic");
    const std::vector<SampledSolution> solutions = {
        {"3*(4+5)-2", {"3*9-2", "27-2", "25"}, true},
        {"3*(4+5)-2", {"3*9-2", "26-2", "24"}, true},
        {"3*(4+5)-2", {"3*9-2", "27-2", "24"}, true},
    };
    std::vector<Json> prm800k, trl;
    for (const SampledSolution& solution : solutions) {
        prm800k.push_back(prm800k_json(label_steps(*world, solution)));
        trl.push_back(trl_json(label_steps(*world, solution)));
    }
    CHECK(prm800k[0]["label"]["finish_reason"] == "solution");
    CHECK(prm800k[1]["label"]["finish_reason"] == "found_error");
    CHECK(prm800k[1]["label"]["steps"].size() == 2);
    CHECK(prm800k[1]["label"]["steps"][1]["completions"][0]["rating"] == -1);
    CHECK(prm800k[0]["question"]["ground_truth_answer"] == "25");
    CHECK(trl[1]["labels"] == parse_json("[true, false, false]", "test"));

    for (const auto& lines : {prm800k, trl}) {
        const std::string path = folder.path + "/steps.jsonl";
        write_jsonl(path, lines);
        const std::vector<StepLabels> read = read_step_labels(path);
        REQUIRE(read.size() == 3);
        CHECK(read[0].steps == solutions[0].steps);
        CHECK(read[0].labels == std::vector{Label::right, Label::right, Label::right});
        CHECK(read[0].finished);
        CHECK(read[1].steps == std::vector<std::string>{"3*9-2", "26-2"});
        CHECK(read[1].labels == std::vector{Label::right, Label::wrong});
        CHECK(!read[1].finished);
        CHECK(read[2].labels.back() == Label::wrong);
        CHECK(read[2].finished); // the error is in the line that ends in the answer
    }
}

TEST_CASE("outcome labels and solutions come back as they were written") {
    const Temporary folder;
    const std::string path = folder.path + "/outcomes.jsonl";
    const std::vector<Json> lines = {json_of(OutcomeLabel{"2+3", {"3+2", "5"}, true}),
                                     json_of(OutcomeLabel{"2+3", {"6"}, false})};
    CHECK(lines[0]["completion"] == "3+2\n5");
    write_jsonl(path, lines);
    const auto read = read_outcomes(path);
    REQUIRE(read.size() == 2);
    CHECK(read[0].problem == "2+3");
    CHECK(read[0].steps == std::vector<std::string>{"3+2", "5"});
    CHECK(read[0].right);
    CHECK(!read[1].right);
    write_jsonl(path, std::vector<Json>{json_of(SampledSolution{"2+3", {"5"}, false})});
    const auto solutions = read_solutions(path);
    REQUIRE(solutions.size() == 1);
    CHECK(solutions[0].steps == std::vector<std::string>{"5"});
    CHECK(!solutions[0].finished);
}

TEST_CASE("a solution's problem is one that the verifier knows the answer of, or a bad line") {
    const Temporary folder;
    const std::string path = folder / "solutions.jsonl";
    std::vector<Json> lines;
    for (const char* problem : {"2+3", "2+3", "1/0", "2+", "99999999999999999999+1", "4+4"})
        lines.push_back(json_of(SampledSolution{problem, {"5"}, true}));
    write_jsonl(path, lines);
    const auto world = search::make_world("arithmetic");
    BadLines refused, skipped(true);
    read_solutions(path, refused, *world);
    CHECK_THROWS_WITH_AS(refused.settle(path),
                         doctest::Contains((path + ":5: field \"problem\": a number").c_str()),
                         Error);
    CHECK(refused.count() == 3);
    CHECK(read_solutions(path, skipped, *world).size() == 3);
    CHECK(read_solutions(path).size() == 6);
}

TEST_CASE("PRM800K lines by people: several completions, human ones, none chosen") {
    const Temporary folder;
    const std::string path =
        folder.file("labels.jsonl", R"({"labeler": "x", "question": {"problem": "2+3*4"},
        "label": {"steps": [
          {"completions": [{"text": "5*4", "rating": -1, "flagged": null},
                           {"text": "2+12", "rating": 1, "flagged": null}],
           "human_completion": null, "chosen_completion": 1},
          {"completions": [{"text": "15", "rating": -1, "flagged": null}],
           "human_completion": {"text": "14"}, "chosen_completion": null},
          {"completions": [{"text": "13", "rating": 0, "flagged": null}],
           "human_completion": null, "chosen_completion": null}],
         "total_time": 1, "finish_reason": "found_error"}})");
    std::string text = read_file(path);
    std::erase(text, '\n');
    write_file_atomic(path, text + "\n");
    const auto read = read_step_labels(path);
    REQUIRE(read.size() == 4);
    CHECK(read[0].steps == std::vector<std::string>{"5*4"});
    CHECK(read[0].labels == std::vector{Label::wrong});
    CHECK(read[1].steps == std::vector<std::string>{"2+12", "15"});
    CHECK(read[1].labels == std::vector{Label::wrong}); // of the last step
    CHECK(read[2].steps == std::vector<std::string>{"2+12", "14", "13"});
    CHECK(read[3].steps == std::vector<std::string>{"2+12", "14"});
    CHECK(read[3].labels == std::vector{Label::right, Label::right});
}

TEST_CASE("a broken label file is refused with its line") {
    const Temporary folder;
    const std::string good = R"({"prompt": "2+3", "completions": ["5"], "labels": [true]})"
                             "\n";
    const auto refuses = [&](const std::string& line, const std::string& reason) {
        const std::string path = folder.file("labels.jsonl", good + line + "\n");
        CHECK_THROWS_WITH_AS(read_step_labels(path), doctest::Contains((path + ":2").c_str()),
                             Error);
        CHECK_THROWS_WITH_AS(read_step_labels(path), doctest::Contains(reason.c_str()), Error);
    };
    refuses("{\"prompt\": ", "not JSON");
    refuses(R"({"prompt": "2+3", "completions": ["5"], "labels": []})", "as many labels");
    refuses(R"({"prompt": "2+3", "completions": ["5"], "labels": [2]})", "true or false");
    refuses(R"({"label": {}})", "question");
    refuses(R"({"question": {"problem": "1+1"}, "label": {"finish_reason": "solution", "steps": [
        {"completions": [{"text": "2", "rating": 7}], "chosen_completion": 0}]}})",
            "");
    refuses(
        R"({"question": {"problem": "1+1"}, "label": {"finish_reason": "solution", "steps": [{"completions": [{"text": "2", "rating": 7}], "chosen_completion": 0}]}})",
        "expected -1, 0 or 1, found 7");
    refuses(
        R"({"question": {"problem": "1+1"}, "label": {"finish_reason": "solution", "steps": [{"completions": [], "chosen_completion": 0}]}})",
        "field \"completions\": expected at least one, found none");
    refuses(
        R"({"question": {"problem": "1+1"}, "label": {"finish_reason": "solution", "steps": []}})",
        "field \"steps\": expected at least one");
    refuses(R"({"question": {"problem": "1+1"}, "label": {"finish_reason": "tired", "steps": []}})",
            "found \"tired\"");
    refuses(
        R"({"question": {"problem": "1+1", "pre_generated_steps": []}, "label": {"finish_reason": "solution", "steps": [{"completions": [{"text": "2", "rating": 1}], "chosen_completion": 0}]}})",
        "at most the 0 pre_generated_steps, found 1");
    // A labeler who gave up at once has labelled nothing, and that is no error.
    CHECK(
        read_step_labels(
            folder.file(
                "labels.jsonl",
                R"({"question": {"problem": "1+1"}, "label": {"steps": [], "finish_reason": "give_up"}})"
                "\n"))
            .empty());
    CHECK_THROWS_AS(
        read_outcomes(folder.file("labels.jsonl", R"({"prompt": "2+3", "completion": "5"})")),
        Error);
}
