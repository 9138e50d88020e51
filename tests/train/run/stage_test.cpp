// A stage's folder: made anew beside the old one, named by one rule, locked, and never a
// folder that no stage has made.
#include "engine/text/json.h"
#include "train/run/stage.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/work_lock.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"
#include "tests/program.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>

using namespace qstar;
using namespace qstar::train;

namespace {

StageOptions in(const std::string& run, bool force = false) {
    auto options = quiet<StageOptions>(run);
    options.force = force;
    return options;
}

// A finished stage that has written one file.
void make(const std::string& run, const std::string& name, const Json& flags,
          const std::string& text, bool force = false) {
    Stage stage(in(run, force), name, flags);
    write_file_atomic(stage.path("work.txt"), text);
    stage.finish(Json{{"text", text}});
}

const Json first{{"lr", 1}}, second{{"lr", 2}};

} // namespace

TEST_CASE("a stage that is made anew takes the old one's place when it is finished") {
    const Temporary run;
    make(run.path, "prm", first, "old");
    {
        Stage anew(in(run.path, true), "prm", second);
        CHECK(anew.begun() == Begun::fresh);
        write_file_atomic(anew.path("work.txt"), "new");
        CHECK(read_file(run / "prm/work.txt") == "old");
        CHECK(flags_of_stage(run.path, "prm") == first);
    } // interrupted
    CHECK(read_file(run / "prm/work.txt") == "old");
    CHECK(Stage(in(run.path), "prm", first).begun() == Begun::done);
    {
        Stage anew(in(run.path, true), "prm", second);
        CHECK(anew.begun() == Begun::resumed);
        CHECK(read_file(anew.path("work.txt")) == "new"); // it goes on
        anew.finish(Json::object());
        CHECK(anew.done());
        CHECK(anew.path("work.txt") == run / "prm/work.txt");
    }
    CHECK(read_file(run / "prm/work.txt") == "new");
    CHECK(flags_of_stage(run.path, "prm") == second);
    CHECK(read_json(run / "config.json").value["stages"]["prm"] == second);
    CHECK(!exists(run / "prm.new"));
    CHECK(!exists(run / "prm.old"));
    CHECK(!exists(run / "prm.lock"));
    CHECK_THROWS_WITH_AS(Stage(in(run.path), "prm", first),
                         doctest::Contains("made with other flags: lr was 2, now 1"), Error);
}

TEST_CASE("a stage has the call's seed, or else the run's; a part that of the whole") {
    const Temporary run;
    StageOptions options = in(run.path);
    options.seed = 7;
    const Stage stage(options, "prm", first); // of a new run, whose seed it is now
    CHECK(stage.seed() == 7);
    CHECK(Stage(stage, "part", first).seed() == 7);
    CHECK(Stage(in(run.path), "orm", first).seed() == 7);
}

TEST_CASE("a remake that fails before its first file leaves the run as it was") {
    const Temporary run;
    make(run.path, "prm", first, "old");
    const auto fails = [&] {
        Stage stage(in(run.path, true), "prm", second);
        fail("labels.jsonl:1: not JSON");
    };
    CHECK_THROWS_AS(fails(), Error);
    CHECK(read_file(run / "prm/work.txt") == "old");
    CHECK(!exists(run / "prm.new"));
    // One with other flags begins anew, not with what the other flags had made.
    {
        Stage stage(in(run.path, true), "prm", second);
        write_file_atomic(stage.path("work.txt"), "half");
    }
    Stage third(in(run.path, true), "prm", Json{{"lr", 3}});
    CHECK(!exists(third.path("work.txt")));
}

TEST_CASE("killed between two renamings, a stage is the old one or the new one") {
    const Temporary run;
    make(run.path, "prm", first, "old");
    make(run.path, "orm", second, "new");
    const auto move = [&](const char* from, const char* to) {
        std::filesystem::rename(run / from, run / to);
    };
    SUBCASE("before the first") { move("orm", "prm.new"); }
    SUBCASE("between them") {
        move("prm", "prm.old");
        move("orm", "prm.new");
    }
    SUBCASE("after the second") {
        move("prm", "prm.old");
        move("orm", "prm");
    }
    CHECK(Stage(in(run.path), "prm", second).done());
    CHECK(read_file(run / "prm/work.txt") == "new");
    CHECK(read_json(run / "config.json").value["stages"]["prm"] == second);
    CHECK(!exists(run / "prm.old"));
    CHECK(!exists(run / "prm.new"));
}

TEST_CASE("killed before its record is written, a stage goes on, and nothing half-written stays") {
    for (const bool force : {false, true}) {
        const Temporary run;
        if (force) make(run.path, "prm", first, "old");
        const std::string folder = run / (force ? "prm.new" : "prm");
        make_folders(folder);
        write_file_atomic(join_path(folder, "flags.json.123.tmp"), "{\"l");
        make(run.path, "prm", second, "new", force);
        CHECK(read_file(run / "prm/work.txt") == "new");
        CHECK_FALSE(exists(run / "prm/flags.json.123.tmp"));
    }
    // Something else is nobody's of ours.
    const Temporary run;
    make_folders(run / "prm");
    write_file_atomic(run / "prm/notes.123.tmp", "mine");
    CHECK_THROWS_AS(make(run.path, "prm", first, "new"), Error);
    CHECK(read_file(run / "prm/notes.123.tmp") == "mine");
}

TEST_CASE("a folder that no stage has made is neither removed nor written into") {
    const Temporary run;
    make_folders(run / "tokenizer");
    write_file_atomic(run / "tokenizer/vocab.json", "{}");
    for (const bool force : {false, true})
        CHECK_THROWS_WITH_AS(Stage(in(run.path, force), "tokenizer", first),
                             doctest::Contains("was not made by a stage"), Error);
    make(run.path, "prm", first, "old");
    make_folders(run / "prm.new");
    write_file_atomic(run / "prm.new/mine.txt", "mine");
    CHECK_THROWS_WITH_AS(Stage(in(run.path, true), "prm", second),
                         doctest::Contains("prm.new: this folder was not made by a stage"), Error);
    CHECK(read_file(run / "prm.new/mine.txt") == "mine");
    CHECK(read_file(run / "tokenizer/vocab.json") == "{}");
}

TEST_CASE("a stage's name is its kind, or begins with it") {
    for (const char* name : {"prm", "prm-me", "prm-Q_2.5"}) check_name("prm", name);
    for (const char* name : {"", ".", "..", "../victim", "prm/../sft", "sft", "prm-", "prm-a/b",
                             "prmx", "prm-x.new", "prm-x.old", "prm-x.lock", "prm-\n", "tokenizer"})
        CHECK_THROWS_WITH_AS(check_name("prm", name), doctest::Contains("--name must be prm"),
                             Error);
    const Temporary run;
    for (const char* name : {"../x", "a/../x", "", "a//b", "/x", "a/.hidden", "-x"})
        CHECK_THROWS_AS(Stage(in(run / "run"), name, first), Error);
    CHECK(!exists(run / "x"));
}

TEST_CASE("every stage that has --name obeys the rule, with --force too") {
    const Temporary folder;
    const std::string run = folder / "run";
    make_folders(folder / "victim");
    write_file_atomic(folder / "victim/precious.txt", "kept");
    make(run, "sft", first, "the model");
    for (const char* stage : {"prm", "rollout", "davi", "deep-q", "walk", "label", "rank", "reward",
                              "ppo", "grpo", "dpo"})
        for (const char* name : {"../victim", ".", "sft", "tokenizer"}) {
            CAPTURE(stage);
            CAPTURE(name);
            const auto said = tests::run_program(
                folder, fmt::format("train {} --run {} --name {} --force", stage, run, name));
            CHECK(said.status == 2);
            CHECK(tests::contains(said.error, "--name must be"));
        }
    CHECK(read_file(folder / "victim/precious.txt") == "kept");
    CHECK(read_file(run + "/sft/work.txt") == "the model");
}

TEST_CASE("a stage is locked by whoever works on it") {
    const Temporary run;
    {
        const Stage working(in(run.path), "prm", first);
        CHECK_THROWS_WITH_AS(Stage(in(run.path), "prm", first),
                             doctest::Contains("is being worked on by process"), Error);
        CHECK_THROWS_AS(Stage(in(run.path, true), "prm", second), Error);
        const Stage other(in(run.path), "orm", first); // another stage is free
    }
    const Stage after(in(run.path), "prm", first);
    CHECK(read_file(run / "prm.lock").find("process") == 0);
}

TEST_CASE("what others are made from is not made anew under a stage that works") {
    for (const char* foundation : {"corpus", "pretrain", "sft"}) {
        CAPTURE(foundation);
        const Temporary run;
        make(run.path, foundation, first, "old");
        {
            const Stage working(in(run.path), "prm", first);
            CHECK_THROWS_WITH_AS(Stage(in(run.path, true), foundation, second),
                                 doctest::Contains("prm is being worked on by process"), Error);
            CHECK(Stage(in(run.path), foundation, first).done()); // to look at it is no harm
            CHECK(read_file(run / foundation + "/work.txt") == "old");
            CHECK(!exists(run / foundation + ".new"));
        }
        const Stage anew(in(run.path, true), foundation, second);
        CHECK_THROWS_WITH_AS(Stage(in(run.path), "orm", first),
                             doctest::Contains("is being made anew by process"), Error);
        CHECK(!exists(run / "orm"));
    }
    const Temporary run; // what is no foundation may be made anew beside others
    make(run.path, "orm", first, "old");
    const Stage working(in(run.path), "prm", first);
    CHECK(!Stage(in(run.path, true), "orm", second).done());
}

TEST_CASE("a lock file whose process is gone locks nothing") {
    const Temporary run;
    write_file_atomic(run / "prm.lock", "process 1 on elsewhere");
    CHECK(!Stage(in(run.path), "prm", first).done());
    CHECK(!exists(run / "prm.lock"));
}

TEST_CASE("parts of a stage lie in its folder, also while it is made anew") {
    const Temporary run;
    const auto play = [&](const std::string& text, const Json& flags, bool force) {
        Stage whole(in(run.path, force), "star", flags);
        {
            Stage part(whole, "round-1", Json{{"round", 1}});
            CHECK(!part.done());
            CHECK(part.name() == "star/round-1");
            write_file_atomic(part.path("work.txt"), text);
            part.finish(Json{{"n", 1}});
        }
        CHECK(Stage(whole, "round-1", Json{{"round", 1}}).result()["n"] == 1);
        if (force) CHECK(read_file(run / "star/round-1/work.txt") == "old");
        whole.finish(Json::object());
    };
    play("old", first, false);
    play("new", second, true);
    CHECK(read_file(run / "star/round-1/work.txt") == "new");
}
