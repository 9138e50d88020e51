// Lessons on a run that is made in seconds: taken, left, taken up, and true of that run.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/lessons/experiments/ppo_by_hand.h"
#include "eval/lessons/handout.h"
#include "eval/lessons/sitting.h"
#include "eval/lessons/take_lesson.h"
#include "search/solve.h"
#include "tests/eval/lessons/equations.h"
#include "tests/eval/tiny_pipeline.h"
#include "tests/program.h"
#include "tests/sanitized.h"
#include "train/annotation/rank.h"
#include "train/preference/bradley_terry.h"
#include "train/preference/dpo.h"

#include <cmath>
#include <doctest/doctest.h>
#include <exception>
#include <filesystem>
#include <fmt/core.h>
#include <sstream>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::eval::lessons;
using qstar::tests::contains;

namespace {

void make_lesson_run(const std::string& run) {
    make_tiny_pipeline(run);
    train::rank(quiet<train::RankOptions>(run));
    auto dpo = quiet<train::DpoOptions>(run);
    dpo.kl_episodes = 0;
    train::dpo(dpo);
    auto reward = quiet<train::BradleyTerryOptions>(run);
    train::reward(reward);
}

void lesson_run(const std::string& run) {
    static const MadeOnce made(make_lesson_run);
    made.copy_to(run);
}

struct Student {
    search::StageModels models;
    LessonRun run;
    Student(const std::string& folder, uint64_t seed)
        : models(folder, seed), run(folder, seed, models) {
        run.small = true;
    }
};

std::string said(const std::string& run, const std::string& number, const std::string& typed) {
    LessonOptions options;
    options.run = run;
    options.number = number;
    std::istringstream in(typed);
    std::ostringstream out;
    take_lesson(options, in, out);
    return out.str();
}

} // namespace

TEST_CASE("a lesson is taken: a wrong answer is told so, the computed one is right") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    Student student(run, 1);
    Sitting sitting(student.run, lesson_of(2));
    using Phase = Sitting::Phase;
    REQUIRE(sitting.phase() == Phase::guess);
    CHECK_THROWS_AS(sitting.reply("many"), Error);
    CHECK(!exists(notes_file(run, 2)));
    sitting.reply("12");
    REQUIRE(sitting.phase() == Phase::experiment);
    CHECK_THROWS_AS(sitting.reply("12"), Error);
    sitting.examine();
    const Values& values = *sitting.values();
    CHECK(values.number("either") ==
          values.number("after_0") + values.number("after_3") - 2 * values.number("both"));
    REQUIRE(sitting.phase() == Phase::question);
    const std::string right = values.text("either");
    CHECK(contains(sitting.reply(std::to_string(values.number("either") + 1)), "Not so"));
    CHECK(sitting.phase() == Phase::question);

    // Left, and taken up by somebody else: at the same question, with the same numbers.
    Student later(run, 1);
    Sitting again(later.run, lesson_of(2));
    REQUIRE(again.phase() == Phase::experiment);
    again.examine();
    CHECK(again.values()->text("either") == right);
    CHECK(again.reply(right) == "Right.");
    CHECK(again.reply("pass") == "Passed.");
    CHECK(again.phase() == Phase::done);
    CHECK(progress_of(run, 2) == "done, 1 of 2 right");
    // What was computed is nowhere in the notes: the student's words are.
    const Json notes = read_json(notes_file(run, 2)).value;
    CHECK(notes.size() == 3);
    CHECK(notes["guess"] == "12");
    CHECK(notes["questions"][0]["tries"].size() == 2);
    CHECK(notes["questions"][1]["tries"].size() == 0);
    sitting.take_up();
    CHECK(sitting.phase() == Phase::done);
    again.begin_again();
    CHECK(progress_of(run, 2) == "not begun");
}

TEST_CASE("notes that are none are refused, naming the file") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    make_folders(run + "/lessons");
    for (const char* wrong :
         {"[]", "{", R"({"guess": 1, "by_hand": [], "questions": []})",
          R"({"guess": "1", "by_hand": [], "questions": []})",
          R"({"guess": "", "by_hand": [], "questions": [{"tries": [], "state": "won"},)"
          R"({"tries": [], "state": "open"}]})"}) {
        write_file_atomic(notes_file(run, 1), wrong);
        CHECK_THROWS_WITH_AS(read_notes(run, 1), doctest::Contains("1.json"), Error);
    }
}

TEST_CASE("labels by hand: a small PRM learns from them, and one from the verifier's") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    Student student(run, 1);
    Sitting sitting(student.run, lesson_of(6));
    sitting.reply("15");
    REQUIRE(sitting.phase() == Sitting::Phase::by_hand);
    CHECK_THROWS_AS(sitting.reply("x"), Error);
    sitting.reply("g");
    sitting.reply("B");
    sitting.reply("auto");
    REQUIRE(sitting.phase() == Sitting::Phase::experiment);
    CHECK(sitting.notes().by_hand.size() == 20);
    // Killed in the middle of the training: what was begun is taken up.
    struct Killed : std::exception {};
    int64_t told = 0;
    student.run.told = [&](double, const std::string& what) {
        if (contains(what, "your labels") && ++told == 7) throw Killed();
    };
    CHECK_THROWS_AS(sitting.examine(), Killed);
    CHECK(exists(run + "/lessons/prm-you/state.safetensors"));
    CHECK(!exists(run + "/lessons/prm-you/model.safetensors"));
    int64_t rest = 0, all = 0;
    student.run.told = [&](double, const std::string& what) {
        rest += contains(what, "your labels");
        all += contains(what, "the verifier's labels");
    };
    sitting.examine();
    CHECK(rest < all);
    const std::string resumed = read_file(run + "/lessons/prm-you/model.safetensors");
    const std::string auc = sitting.values()->text("auc_you");

    // The same without a kill, elsewhere: the same bytes, the same numbers.
    const std::string other = folder / "other";
    lesson_run(other);
    Student twin(other, 1);
    Sitting whole(twin.run, lesson_of(6));
    whole.reply("15");
    for (const std::string& key : sitting.notes().by_hand) whole.reply(key);
    whole.examine();
    CHECK(read_file(other + "/lessons/prm-you/model.safetensors") == resumed);
    CHECK(whole.values()->text("auc_you") == auc);
    const Json record = read_json(run + "/prm/done.json").value;
    CHECK(whole.values()->number("run_solutions") == record["result"]["solutions"].get<double>());
}

TEST_CASE("what a run lacks is made for the lesson, beside the run's own stages") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    for (const char* stage : {"labels", "orm", "prm"})
        std::filesystem::remove_all(run + "/" + stage);
    Student student(run, 1);
    Sitting sitting(student.run, lesson_of(5));
    sitting.reply("90");
    REQUIRE(sitting.phase() == Sitting::Phase::experiment);
    REQUIRE(sitting.makes());
    // Killed in the middle of the training: taken up where it was.
    struct Killed : std::exception {};
    int64_t told = 0;
    const auto learning = [](const std::string& what) { return contains(what, "an ORM learns"); };
    student.run.told = [&](double, const std::string& what) {
        if (learning(what) && ++told == 3) throw Killed();
    };
    CHECK_THROWS_AS(sitting.examine(), Killed);
    CHECK(exists(run + "/lessons/orm/flags.json"));
    CHECK(!exists(run + "/lessons/orm/model.safetensors"));
    student.run.told = {};
    sitting.examine();
    CHECK(!sitting.makes());
    CHECK(student.run.stage("orm") == "lessons/orm");
    CHECK(!exists(run + "/orm"));
    CHECK(!exists(run + "/labels"));
    REQUIRE(sitting.phase() == Sitting::Phase::experiment);
    sitting.examine();
    CHECK(sitting.phase() == Sitting::Phase::question);
    // Again: nothing is made anew. The run's own is taken as soon as it is there.
    const std::string bytes = read_file(run + "/lessons/orm/model.safetensors");
    Student later(run, 1);
    Sitting again(later.run, lesson_of(5));
    again.examine();
    CHECK(read_file(run + "/lessons/orm/model.safetensors") == bytes);
    train::label(quiet<train::LabelOptions>(run));
    train::orm(quiet<train::OrmOptions>(run));
    CHECK(later.run.stage("orm") == "orm");
}

TEST_CASE("ranks that the reward model could not read are left out of the lesson, too") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "1+1\\n";
    const std::string file = run + "/ranks/ranks.jsonl";
    write_file_atomic(file, read_file(file) +
                                "{\"prompt\":\"1+1\",\"chosen\":\"2\",\"rejected\":\"" + lines +
                                "3\"}\n");
    Student student(run, 1);
    const Values values = tell_all(student.run, lesson_of(3)).values;
    CHECK(values.number("pairs") > 1);
}

TEST_CASE("who always opens the smallest f has made the search") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    Student student(run, 3);
    const Experiment& experiment = experiment_named("astar-by-hand");
    Given given;
    while (const auto turn = experiment.next(student.run, given)) {
        if (!given.empty()) CHECK(contains(turn->said.front(), "so would A*"));
        given.push_back(turn->usual);
    }
    const Values values = experiment.examine(student.run, given);
    CHECK(values.number("same") == values.number("moves"));
    CHECK(values.number("moves") > 0);
    // The same answer, also where the tokens are spent before one is opened.
    if (values.text("answer") != "(none)" && values.number("moves") < 8)
        CHECK(contains(values.text("your_answer"), values.text("answer")));
    CHECK(values.number("f") ==
          doctest::Approx(values.number("g") + values.number("weight") * values.number("h")));
}

TEST_CASE("one step of PPO is made on a copy: the run's models stay as they are") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    Student student(run, 1);
    const Lesson& lesson = lesson_of(4);
    try {
        const Values first = tell_all(student.run, lesson).values;
        const Values again = tell_all(student.run, lesson).values;
        for (const char* name : {"kl", "priced", "ratio", "worth", "greedy_sft"})
            CHECK(first.number(name) == again.number(name));
        CHECK(std::abs(first.number("ratio") - 1) < 1);
        // Paid alike, nothing moves, and whoever says so is right.
        Values said;
        ppo_values(student.run, {"=", "=", "="}, said);
        if (said.number("ppo_mixed") == 0) CHECK(said.number("agreed") == 3);
    } catch (const Error& error) { // a model this small may not write three different solutions
        CHECK(contains(error.what(), "three different solutions"));
    }
}

TEST_CASE("the numbers that stand in a formula give what stands behind it" *
          doctest::skip(tests::kSanitized)) {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    for (const uint64_t seed : {1, 2}) {
        Student student(run, seed);
        size_t checked = 0;
        for (const Lesson& lesson : all_lessons()) {
            const Told told = tell_all(student.run, lesson);
            std::vector<Shown> shown = fill(lesson.formula, told.values);
            for (const Question& question : lesson.questions)
                for (Shown& one : fill(question.why, told.values)) shown.push_back(std::move(one));
            for (const Shown& one : shown) {
                const auto* const markup = std::get_if<Markup>(&one);
                if (markup == nullptr) continue;
                std::string text = markup->text;
                std::erase_if(text, [](char c) { return c == kValueBegins || c == kValueEnds; });
                for (const tests::Equation& equation : tests::equations_of(text)) {
                    CAPTURE(lesson.number);
                    CAPTURE(equation.text);
                    CHECK(std::abs(equation.left - equation.right) <= equation.half * 1.0001);
                    ++checked;
                }
            }
        }
        CHECK(checked >= 16); // none of the lessons without one
    }
}

TEST_CASE("another seed has other numbers, and they are those of its own files") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    const auto told = [&](uint64_t seed) {
        Student student(run, seed);
        return tell_all(student.run, lesson_of(3)).values;
    };
    const Values one = told(1), two = told(2);
    const Json record = read_json(run + "/reward/done.json").value;
    for (const Values* values : {&one, &two})
        CHECK(values->number("accuracy") ==
              doctest::Approx(100 * record["result"]["val_accuracy"].get<double>()));
    const auto predicted = [&](uint64_t seed) {
        Student student(run, seed);
        return tell_all(student.run, lesson_of(1)).values;
    };
    CHECK(predicted(1).text("problem") != predicted(2).text("problem"));
}

TEST_CASE("at the terminal: listed, taken from a pipe, left and taken up, wrong lines refused") {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    CHECK(contains(said(run, "", ""), "1  Predicting the next token"));
    const std::string left = said(run, "3", "what?\n60\na\n");
    CHECK(contains(left, "expected a number, in %, found \"what?\""));
    CHECK(contains(left, "Pair 2 of"));
    CHECK(contains(left, "goes on here"));
    CHECK(contains(said(run, "", ""), "begun"));
    const std::string done = said(run, "3", "auto\n-5\npass\npass\n");
    CHECK(contains(done, "You said: 60 %."));
    CHECK(contains(done, "Not so."));
    CHECK(contains(done, "done, 0 of 2 right"));
    // The program itself, with its replies in a file.
    const std::string replies = folder.file("replies", "55\nauto\npass\npass\n");
    const auto output = tests::run_program(
        folder, fmt::format("lesson 3 --again --run '{}' --answers '{}'", run, replies));
    CHECK(output.status == 0);
    CHECK(contains(output.out, "You said: 55 %."));
    CHECK(contains(output.out, "done, 0 of 2 right"));
    // Begun anew, whatever stands in the file; flags of the one are not for the other.
    write_file_atomic(notes_file(run, 3), "[]");
    const auto call = [&](const std::string& flags) {
        return tests::run_program(folder, fmt::format("lesson {} --run '{}'", flags, run));
    };
    CHECK(call("3 </dev/null").status == 2);
    CHECK(call("3 --again </dev/null").status == 0);
    CHECK(progress_of(run, 3) == "not begun");
    CHECK(contains(call("3 --out x").error, "--out is for the handout"));
    CHECK(contains(call("handout --again").error, "--again is for a lesson, found the handout"));
    CHECK(contains(call("--answers x").error, "--answers is for a lesson, found no lesson's"));
    CHECK_THROWS_AS(said(run, "11", ""), Error);
    CHECK_THROWS_AS(said(run, "x", ""), Error);
    // What is not made live is named with its command.
    std::filesystem::remove_all(run + "/sft");
    CHECK_THROWS_WITH_AS(said(run, "9", "1\n"), doctest::Contains("qstar train sft"), Error);
}

TEST_CASE("the handout has no answers, and the teacher's has them" *
          doctest::skip(tests::kSanitized)) {
    const Temporary folder;
    const std::string run = folder / "run";
    lesson_run(run);
    for (const std::string& out : {folder / "none/handout.html", folder.path, std::string("-")})
        CHECK_THROWS_AS(handout({run, out, 1, true, true}), Error); // at once
    const auto [student, teacher] = handout({run, "", 1, true, true});
    const std::string without = read_file(student), with = read_file(teacher);
    CHECK(!contains(without, "data-question"));
    CHECK(contains(with, "data-lesson=\"1\" data-question=\"1\""));
    CHECK(contains(with, "data-lesson=\"2\" data-question=\"2\""));
    CHECK(contains(with, "qstar train self-play --run")); // the command of what this run lacks
    for (const char* lesson : {"lesson-1", "lesson-10"}) CHECK(contains(without, lesson));
}
