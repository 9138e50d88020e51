// Label files as others write them: what each of tests/cases/labels is read as, or refused with.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"
#include "tests/refusal.h"
#include "tests/temporary.h"
#include "train/data/corpus.h"
#include "train/data/labels.h"
#include "train/data/ranks.h"
#include "train/data/texts.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::train;
using search::Label;

namespace {

using StepTexts = std::vector<std::string>;
const std::vector<Label> both_right = {Label::right, Label::right};

std::string case_file(const std::string& name) {
    return std::string(tests::source_dir) + "/tests/cases/labels/" + name;
}

std::vector<StepLabels> steps_in(const std::string& name) {
    return read_step_labels(case_file(name));
}

// "3*4+2" -> 12+2 -> 14, both right: what many of the files say in their own ways.
void is_the_solution(const StepLabels& read) {
    CHECK(read.problem == "3*4+2");
    CHECK(read.steps == StepTexts{"12+2", "14"});
    CHECK(read.labels == both_right);
    CHECK(read.finished);
}

template <class Read>
std::string refusal(Read read, const std::string& path) {
    return tests::refusal_of([&] { read(path); });
}

std::string steps_refusal(const std::string& path) {
    return refusal([](const std::string& p) { read_step_labels(p); }, path);
}
std::string ranks_refusal(const std::string& path) {
    return refusal([](const std::string& p) { read_ranks(p); }, path);
}

RankedPair pair_in(const std::string& text) {
    const Temporary folder;
    const auto pairs = read_ranks(folder.file("ranks.jsonl", text + "\n"));
    REQUIRE(pairs.size() == 1);
    return pairs[0];
}

} // namespace

TEST_CASE("step labels in TRL's form as others write it") {
    for (const char* name : {"bom.jsonl", "trl_int.jsonl", "trl_nl.jsonl", "array.json",
                             "trl_chat.jsonl", "crlf.jsonl", "trl_bool.jsonl"}) {
        CAPTURE(name);
        is_the_solution(steps_in(name).at(0));
    }
    CHECK(steps_in("array.json").at(0).where == case_file("array.json") + ":2");
    const auto wrong = steps_in("trl_bool.jsonl").at(1);
    CHECK(wrong.steps == StepTexts{"3*9"});
    CHECK(wrong.labels == std::vector{Label::wrong});
    CHECK(!wrong.finished);
    CHECK(steps_in("trl_allwrong.jsonl").size() == 6);
    CHECK(steps_in("blank.jsonl").empty());
    CHECK(steps_in("empty.jsonl").empty());

    const Temporary folder;
    const auto read = [&](const std::string& labels) {
        return read_step_labels(
            folder.file("f", R"({"prompt":" 3*4+2 ","completions":[" 12+2\r\n","14"],"labels":)" +
                                 labels + "}"));
    };
    for (const char* labels : {"[\"+\",\"+\"]", "[1.0,1]", "[true,1]"})
        is_the_solution(read(labels).at(0));
    CHECK(read("[\"+\",\"-\"]").at(0).labels == std::vector{Label::right, Label::wrong});
    CHECK(read("[0,0]").at(0).labels == std::vector{Label::wrong});
    const auto soft = read("[1,1],\"soft_labels\":[0.5,0.25]").at(0);
    CHECK(soft.soft == std::vector<float>{0.5f, 0.25f});
    for (const char* labels : {"[-1,1]", "[0.5,1]", "[\"good\",1]", "[null,1]"})
        CHECK_THROWS_WITH_AS(read(labels), doctest::Contains("expected true or false, 1 or 0"),
                             Error);
}

TEST_CASE("step labels in PRM800K's form as others write it") {
    is_the_solution(steps_in("prm_float.jsonl").at(0));
    CHECK(steps_in("prm_answer_heading.jsonl").at(0).steps ==
          StepTexts{"12+2", "So it is 14.", "14"});
    CHECK(steps_in("prm_answer_heading.jsonl").at(0).labels.size() == 3);
    CHECK(steps_in("prm_answer_heading.jsonl").at(0).finished);

    // A chosen step that nobody rated is on the path, without a label.
    const auto unrated = steps_in("prm_chosen_unrated.jsonl");
    REQUIRE(unrated.size() == 1);
    CHECK(unrated[0].steps == StepTexts{"12+2", "14"});
    CHECK(unrated[0].labels == std::vector{Label::right}); // of the last one
    CHECK(unrated[0].finished);

    const auto human = steps_in("prm_human_string.jsonl");
    REQUIRE(human.size() == 2);
    CHECK(human[0].steps == StepTexts{"3*6"});
    is_the_solution(human[1]);

    const auto after = steps_in("prm_after_error.jsonl");
    REQUIRE(after.size() == 1); // what follows an error has no label
    CHECK(after[0].steps == StepTexts{"3*6"});
    CHECK(after[0].labels == std::vector{Label::wrong});
    CHECK(steps_in("prm_good.jsonl").size() > 7); // others' completions, too
}

TEST_CASE("PRM800K lines with nulls") {
    const Temporary folder;
    const auto read = [&](const std::string& steps, const std::string& rest) {
        return read_step_labels(
            folder.file("f", R"({"question":{"problem":"3*4+2"},"label":{"steps":[)" + steps + "]" +
                                 rest + "}}\n"));
    };
    const std::string first = R"({"completions":[{"text":"12+2","rating":1},)"
                              R"({"text":"14+2","rating":null},{"text":"3*6","rating":-1}],)"
                              R"("human_completion":null,"chosen_completion":0})";
    for (const char* reason : {"", ",\"finish_reason\":null", ",\"finish_reason\":\"give_up\""}) {
        const auto labels = read(first, reason);
        REQUIRE(labels.size() == 2);
        CHECK(labels[0].steps == StepTexts{"3*6"});
        CHECK(labels[1].steps == StepTexts{"12+2"});
        CHECK(!labels[1].finished);
    }
    // Labels before and after a step without one are apart.
    const auto split =
        read(first + R"(,{"completions":[{"text":"2+12"}],"chosen_completion":0},)"
                     R"({"completions":[{"text":"14","rating":1}],"chosen_completion":0})",
             ",\"finish_reason\":\"solution\"");
    REQUIRE(split.size() == 3);
    CHECK(split[1].steps == StepTexts{"12+2"});
    CHECK(split[2].steps == StepTexts{"12+2", "2+12", "14"});
    CHECK(split[2].labels == std::vector{Label::right});
    CHECK(split[2].finished);
    // A wrong step before its answer: the answer has no label.
    const auto wrong =
        read(R"({"completions":[{"text":"It is 18.\n\n# Answer\n\n18","rating":-1}],)"
             R"("chosen_completion":0})",
             ",\"finish_reason\":\"found_error\"");
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].steps == StepTexts{"It is 18."});
    CHECK(!wrong[0].finished);
    const auto bare = read(R"({"completions":[{"text":"# Answer\n\n18","rating":-1}],)"
                           R"("chosen_completion":0})",
                           ",\"finish_reason\":\"found_error\"");
    CHECK(bare.at(0).steps == StepTexts{"18"});
    CHECK(bare.at(0).finished);
}

TEST_CASE("label files that are wrong are refused with their lines") {
    CHECK(steps_refusal(case_file("trl_fewer.jsonl"))
              .starts_with(case_file("trl_fewer.jsonl") + ":1: expected as many labels"));
    CHECK(steps_refusal(case_file("trunc.jsonl"))
              .starts_with(case_file("trunc.jsonl") + ":2: not JSON: "));
    CHECK(steps_refusal(case_file("nan.jsonl"))
              .starts_with(case_file("nan.jsonl") + ":1: not JSON: "));
    CHECK(steps_refusal(case_file("prm_more_than_pre.jsonl")).find("at most the 2") !=
          std::string::npos);
    CHECK(ranks_refusal(case_file("rank_same.jsonl")).find(":1: expected two different") !=
          std::string::npos);
    CHECK(ranks_refusal(case_file("rank_same_but_nl.jsonl")).find(":1: expected two different") !=
          std::string::npos);
    CHECK(ranks_refusal(case_file("rank_empty.jsonl")).find("\"rejected\": expected a solution") !=
          std::string::npos);
    CHECK(ranks_refusal(case_file("rank_mark.jsonl")).find("the mark \"<|step|>\"") !=
          std::string::npos);
}

TEST_CASE("what is judged both right and wrong counts both ways, and is said") {
    CHECK(contradictions(steps_in("trl_conflict.jsonl")) == 1); // the first steps differ
    CHECK(contradictions(steps_in("trl_bool.jsonl")) == 0);
    const std::vector<OutcomeLabel> outcomes = {
        {"2+3", {"5"}, true}, {"2+3", {"5"}, false}, {"2+3", {"5"}, true}, {"2+4", {"5"}, false}};
    CHECK(contradictions(outcomes) == 1);
    const auto ranks = read_ranks(case_file("rank_contra.jsonl"));
    CHECK(rankings_of(ranks).at(0).pairs == std::vector<std::pair<size_t, size_t>>{{0, 1}, {1, 0}});
}

TEST_CASE("a line end after a solution is no step") {
    const auto plain = read_ranks(case_file("rank_ok.jsonl"));
    const auto ended = read_ranks(case_file("rank_trailing_nl.jsonl"));
    REQUIRE(plain.size() == ended.size());
    for (size_t i = 0; i < plain.size(); ++i) {
        CHECK(plain[i].problem == ended[i].problem);
        CHECK(plain[i].chosen == ended[i].chosen);
        CHECK(plain[i].rejected == ended[i].rejected);
    }
    CHECK(train::lines_of("12+2\r\n14\r\n") == StepTexts{"12+2", "14"});
    CHECK(train::lines_of("\n12+2 \n\n14") == StepTexts{"12+2", "14"});
    CHECK(train::lines_of("\n").empty());

    const Temporary folder;
    const auto outcomes = read_outcomes(folder.file(
        "o", "{\"prompt\":\"3*4+2\\r\\n\",\"completion\":\" 12+2\\r\\n14\\n\",\"label\":1}\n"
             "{\"prompt\":[{\"role\":\"system\",\"content\":\"x\"},{\"role\":\"user\",\"content\":"
             "\"3*4+2\"}],\"completion\":[{\"role\":\"assistant\",\"content\":\"12+2\\n14\\n\"}],"
             "\"label\":\"+\"}\n"));
    REQUIRE(outcomes.size() == 2);
    for (const OutcomeLabel& outcome : outcomes) {
        CHECK(outcome.problem == "3*4+2");
        CHECK(outcome.steps == StepTexts{"12+2", "14"});
        CHECK(outcome.right);
    }
    const auto items = read_curated(
        folder.file("c", "{\"problem\":\"3*4+2\\n\",\"solution\":[\"12+2\\r\\n\",\"14\\n\"]}\n"));
    CHECK(items.at(0).problem == "3*4+2");
    CHECK(items.at(0).solution == StepTexts{"12+2", "14"});
}

TEST_CASE("solutions that a text cannot hold come back as they were written") {
    const Temporary folder;
    const std::vector<StepTexts> odd = {{"3*9", ""}, {""},           {" 5"},
                                        {"5 "},      {"a", "", "b"}, {"x\ny"}};
    for (const StepTexts& steps : odd) {
        const Json outcome = json_of(OutcomeLabel{"2+3", steps, true});
        CHECK(read_outcomes(folder.file("o", json_text(outcome))).at(0).steps == steps);
        const Json pair = json_of(RankedPair{"2+3", steps, {"4"}});
        CHECK(read_ranks(folder.file("r", json_text(pair))).at(0).chosen == steps);
    }
    CHECK(!json_of(OutcomeLabel{"2+3", {"3+2", "5"}, true}).contains("completion_steps"));
    CHECK(!json_of(RankedPair{"2+3", {"5"}, {"4"}}).contains("chosen_steps"));
}

TEST_CASE("preferences as texts, as chats, with the prompt and with it implied") {
    const char* const forms[] = {
        R"({"prompt":"3*4+2","chosen":"12+2\n14","rejected":"3*6\n18"})",
        R"({"chosen":"3*4+2\n12+2\n14","rejected":"3*4+2\n3*6\n18"})",
        R"({"prompt":[{"role":"user","content":"3*4+2"}],"chosen":[{"role":"assistant","content":"12+2\n14"}],"rejected":[{"role":"assistant","content":"3*6\n18"}]})",
        R"({"chosen":[{"role":"user","content":"3*4+2"},{"role":"assistant","content":"12+2\n14\n"}],"rejected":[{"role":"user","content":"3*4+2"},{"role":"assistant","content":"3*6\n18"}]})",
        R"({"prompt":"3*4+2","chosen":[{"role":"system","content":"solve"},{"role":"user","content":"3*4+2"},{"role":"assistant","content":"12+2\n14"}],"rejected":[{"role":"user","content":"3*4+2"},{"role":"assistant","content":"3*6\n18"}]})",
    };
    for (const char* form : forms) {
        CAPTURE(form);
        const RankedPair pair = pair_in(form);
        CHECK(pair.problem == "3*4+2");
        CHECK(pair.chosen == StepTexts{"12+2", "14"});
        CHECK(pair.rejected == StepTexts{"3*6", "18"});
    }
    CHECK(read_ranks(case_file("rank_chat.jsonl")).at(0).rejected == StepTexts{"3*6", "18"});
    CHECK(read_ranks(case_file("rank_extra.jsonl")).size() == 1);
    CHECK(read_ranks(case_file("rank_one.jsonl")).size() == 1);
    // A common first step stays a step.
    CHECK(pair_in(R"({"chosen":"1+2+3\n3+3\n6","rejected":"1+2+3\n3+3\n7"})").chosen ==
          StepTexts{"3+3", "6"});

    const Temporary folder;
    const auto refuses = [&](const std::string& line, const char* reason) {
        const std::string path = folder.file("r", "\n" + line + "\n");
        const std::string found = ranks_refusal(path);
        CAPTURE(found);
        CHECK(found.starts_with(path + ":2: "));
        CHECK(found.find(reason) != std::string::npos);
    };
    refuses(R"({"chosen":"The sky is blue.","rejected":"The sky is green."})",
            "field \"prompt\": expected a problem, found nothing");
    refuses(
        R"({"chosen":[{"role":"user","content":"1+1"},{"role":"assistant","content":"2"}],"rejected":[{"role":"user","content":"1+2"},{"role":"assistant","content":"3"}]})",
        "expected the answer to \"1+1\", found one to \"1+2\"");
    refuses(
        R"({"prompt":"1+1","chosen":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d"}],"rejected":"3"})",
        "chats of several turns are not read");
    refuses(
        R"({"prompt":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}],"chosen":"1","rejected":"3"})",
        "chats of several turns are not read");
    refuses(R"({"prompt":"1+1","chosen":[{"role":"robot","content":"2"}],"rejected":"3"})",
            "found \"robot\"");
    refuses(R"({"prompt":"1+1","chosen":[{"role":"user","content":"2"}],"rejected":"3"})",
            "expected a message of an assistant");
    refuses(R"({"prompt":"1+1","chosen":[],"rejected":"3"})", "found 0 messages");
    refuses(R"({"prompt":"1+1","chosen":["2"],"rejected":"3"})", "expected an object");
    refuses(R"({"prompt":" ","chosen":"2","rejected":"3"})", "expected a problem, found no text");
}
