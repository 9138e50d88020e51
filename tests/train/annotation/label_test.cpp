// Labels by people: at the terminal, and simulated.

#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/worlds/make_world.h"
#include "train/annotation/label.h"
#include "train/data/label_steps.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"

#include <doctest/doctest.h>
#include <sstream>

using namespace qstar;
using namespace qstar::train;
using search::Label;

namespace {

void write_samples_to_label(const std::string& run, int copies = 1) {
    std::vector<Json> lines;
    for (int i = 0; i < copies; ++i) {
        lines.push_back(json_of(SampledSolution{"3*(4+5)-2", {"3*9-2", "26-2", "24"}, true}));
        lines.push_back(json_of(SampledSolution{"3*(4+5)-2", {"3*9-2", "27-2"}, false}));
        lines.push_back(json_of(SampledSolution{"3*(4+5)-2", {"3*9-2", "27-2", "25"}, true}));
        lines.push_back(json_of(SampledSolution{"1+2+3", {"3+3", "6"}, true}));
    }
    make_folders(run + "/samples");
    write_jsonl(run + "/samples/solutions.jsonl", lines);
}

std::string typing_labels(const LabelOptions& options, const std::string& text) {
    std::istringstream in(text);
    std::ostringstream out;
    label(options, in, out);
    return out.str();
}

} // namespace

TEST_CASE("a person labels step by step, stops at the first error, takes back, quits, goes on") {
    const Temporary folder;
    write_samples_to_label(folder.path);
    const std::string file = folder.path + "/labels/steps.jsonl";

    // A key that says nothing; an error in step 1 that is taken back; the error in step 2.
    const std::string shown =
        typing_labels(annotated_by_me<LabelOptions>(folder.path), "x\n+\n-1\nu\nu\n+\n-\n");
    CHECK(shown.find("[1 of 3]  3*(4+5)-2") != std::string::npos);
    CHECK(shown.find("expected +, 0, -, u or q, found \"x\"") != std::string::npos);
    CHECK(shown.find("24") == std::string::npos); // nobody asks what comes after the error
    auto labels = read_step_labels(file);
    REQUIRE(labels.size() == 1);
    CHECK(labels[0].steps == std::vector<std::string>{"3*9-2", "26-2"});
    CHECK(labels[0].labels == std::vector{Label::right, Label::wrong});
    CHECK(!exists(folder.path + "/labels/done.json"));

    // Quits in the middle of the second solution: its labels wait for the next call.
    CHECK(typing_labels(annotated_by_me<LabelOptions>(folder.path), "+\n+\nq\n").find("2 to go") !=
          std::string::npos);
    CHECK(read_step_labels(file).size() == 1);
    CHECK(read_file(folder.path + "/labels/partial/answers.jsonl") == "[1,-1]\n[1,1]\n");
    const std::string goes_on = typing_labels(annotated_by_me<LabelOptions>(folder.path), "q\n");
    CHECK(goes_on.find("[2 of 3]") != std::string::npos);
    CHECK(goes_on.find("3.  25") != std::string::npos);
    // From its first step, undo goes back to the solution before.
    typing_labels(annotated_by_me<LabelOptions>(folder.path), "u\nu\nu\nu\n0\n-1\n+\n+\n0\n1\n1\n");
    labels = read_step_labels(file);
    REQUIRE(labels.size() == 3);
    CHECK(labels[0].labels == std::vector{Label::neutral, Label::wrong});
    CHECK(labels[1].labels == std::vector{Label::right, Label::right, Label::neutral});
    CHECK(labels[1].finished);
    CHECK(labels[2].labels.size() == 2);
    CHECK(exists(folder.path + "/labels/done.json"));
    const auto outcomes = read_outcomes(folder.path + "/labels/outcomes.jsonl");
    REQUIRE(outcomes.size() == 3);
    CHECK(!outcomes[0].right);
    CHECK(outcomes[1].right);
}

TEST_CASE("answers that do not fit their solutions are refused") {
    const Temporary folder;
    write_samples_to_label(folder.path);
    typing_labels(annotated_by_me<LabelOptions>(folder.path), "-\nq\n");
    const std::string answers = folder.path + "/labels/partial/answers.jsonl";
    for (const char* text : {"[]\n", "[1]\n[1]\n", "[-1,1]\n", "[1,1,1,1]\n", "[7]\n"}) {
        write_file_atomic(answers, text);
        CHECK_THROWS_WITH_AS(typing_labels(annotated_by_me<LabelOptions>(folder.path), "q\n"),
                             doctest::Contains("answers.jsonl"), Error);
        CHECK(read_file(answers) == text);
    }
}

TEST_CASE("a simulated person errs at the rate, both ways, and goes on after what he missed") {
    const auto world = search::make_world("arithmetic");
    const SampledSolution wrong{"3*(4+5)-2", {"3*9-2", "26-2", "24"}, true};
    Random random(1, "test");
    // Always wrong: he stops at the first right step.
    CHECK(label_steps(*world, wrong, 1, random).labels == std::vector{Label::wrong});
    CHECK(label_steps(*world, wrong, 0, random).labels == label_steps(*world, wrong).labels);
    // The step is wrong: seen in nine of ten cases (if the first passed as right).
    int passed = 0, missed = 0;
    for (int i = 0; i < 4000; ++i) {
        const auto labels = label_steps(*world, wrong, 0.1, random).labels;
        if (labels[0] == Label::wrong) continue;
        ++passed;
        missed += labels[1] == Label::right;
        if (labels[1] == Label::right) CHECK(labels.size() == 3); // 24 follows from 26-2
    }
    CHECK(passed / 4000.0 == doctest::Approx(0.9).epsilon(0.03));
    CHECK(missed / static_cast<double>(passed) == doctest::Approx(0.1).epsilon(0.2));
}

TEST_CASE("labels by simulated people: limits, both forms, the same bytes again") {
    const Temporary folder;
    write_samples_to_label(folder.path, 40);
    LabelOptions options;
    options.stage.run = folder.path;
    options.stage.quiet = true;
    options.annotator = "simulated";
    options.error = 0.2;
    options.name = "label-people";
    label(options);
    const std::string file = folder.path + "/label-people/steps.jsonl";
    const std::string bytes = read_file(file);
    CHECK(read_step_labels(file).size() == 120);
    options.stage.force = true;
    label(options);
    CHECK(read_file(file) == bytes);
    options.error = 0;
    options.each = 1;
    options.limit = 5;
    options.format = "trl";
    label(options);
    const auto few = read_step_labels(file);
    REQUIRE(few.size() == 5);
    CHECK(few[0].labels == std::vector{Label::right, Label::wrong});
    CHECK(few[1].problem == "1+2+3");

    options.name = "sft";
    CHECK_THROWS_WITH_AS(label(options), doctest::Contains("--name must be label"), Error);
    options.name = "label";
    options.error = 2;
    CHECK_THROWS_WITH_AS(label(options), doctest::Contains("--error"), Error);
}
