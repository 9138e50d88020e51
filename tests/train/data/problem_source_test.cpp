#include "train/data/problem_source.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "tests/program.h"
#include "tests/temporary.h"
#include "train/data/corpus.h"
#include "train/data/corpus_options.h"
#include "train/data/worlds/countdown/countdown_teaching.h"
#include "train/data/worlds/equations/equations_class.h"
#include "train/data/worlds/equations/equations_teaching.h"
#include "train/data/worlds/words/words_class.h"

#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::train;

TEST_CASE("each world has a classroom: a verifier, experts who are right, and problems by side") {
    const Teachings worlds;
    for (const auto& teaching : worlds.all()) {
        CorpusOptions options;
        options.world = teaching->world();
        options.teaching().set_fewest_operands(3);
        for (const bool warm : {false, true}) {
            const ProblemSource room = problem_source_of(options, warm);
            CHECK(room.world->name() == options.world);
            double total = 0;
            for (const Pupil& pupil : room.pupils) total += pupil.share;
            CHECK(total == doctest::Approx(1));
            if (warm && options.world == "countdown") continue; // hands of three are all train's
            for (const Split split : {Split::train, Split::dev, Split::test})
                for (const std::string& problem : draw_problems(room, split, 25, 7)) {
                    CHECK(split_of(problem) == split);
                    CHECK(room.world->read(problem) == problem);
                    Random random(1, problem);
                    const auto lines = room.solve(room.pupils[0], problem, random);
                    CHECK(room.world->solved({problem, lines, true}));
                    search::Path path{problem, {}, false};
                    for (size_t i = 0; i < lines.size(); ++i) {
                        CHECK(room.world->check_step(path, lines[i], i + 1 == lines.size()) ==
                              search::Label::right);
                        path.steps.push_back(lines[i]);
                    }
                }
        }
    }
    CorpusOptions options;
    options.world = "algebra";
    CHECK_THROWS_WITH_AS(problem_source_of(options),
                         doctest::Contains("no class of pupils: expected one of arithmetic, "),
                         Error);
}

TEST_CASE("pupils of equations and words have their misconceptions") {
    for (const char* world : {"equations", "words"}) {
        CorpusOptions options;
        options.world = world;
        const ProblemSource room = problem_source_of(options);
        const auto problems = draw_problems(room, Split::train, 120, 3);
        for (const Pupil& pupil : room.pupils) {
            Random random(2, pupil.name);
            int right = 0;
            for (const std::string& problem : problems)
                right += room.world->solved({problem, room.solve(pupil, problem, random), true});
            CHECK_MESSAGE((right == 120) == (pupil.name == "expert"), pupil.name);
            if (pupil.name == "beginner") CHECK(right < 60);
        }
    }
    Random random(1, "test");
    CHECK(solve_equation({"", keeps_signs, 0, 0}, "3*c+5=20", random) ==
          std::vector<std::string>{"3*c=25", "c=25/3"});
    CHECK(solve_equation({"", subtracts, 0, 0}, "3*c=12", random) ==
          std::vector<std::string>{"c=9"});
    CHECK(solve_story({"", adds_always, 0, 0},
                      "Anna has 5 coins. Ben has 3 times as many coins as Anna. How many coins do "
                      "they have together?",
                      random) ==
          std::vector<std::string>{"5+3=<<5+3=8>>8", "5+8=<<5+8=13>>13", "#### 13"});
}

TEST_CASE("a run remembers its world, and its corpus shows nothing that is held out") {
    for (const char* world : {"countdown", "equations", "words"}) {
        const Temporary folder;
        CHECK(world_of(folder.path) == "arithmetic"); // none yet
        CHECK(world_of(folder.path, "countdown") == "countdown");
        CorpusOptions options;
        options.stage.run = folder.path;
        options.world = world;
        options.tokens = 30'000;
        options.curated = 20;
        options.of<CountdownTeaching>().problems.to = 60;
        options.stage.quiet = true;
        corpus(options);
        CHECK(world_of(folder.path) == world);
        CHECK(world_of(folder.path, world) == world);
        CHECK_THROWS_AS(world_of(folder.path, "arithmetic"), Error);
        const ProblemSource room = problem_source_of(folder.path);
        CHECK(room.world->name() == world);
        std::set<std::string> pupils;
        for (const Worksheet& sheet :
             read_worksheets(stage_file(folder.path, "corpus", "worksheets.jsonl")))
            pupils.insert(sheet.pupil);
        CHECK(pupils.size() >= 4);
        for (const CuratedItem& item :
             read_curated(stage_file(folder.path, "corpus", "curated.jsonl"))) {
            CHECK(room.world->solved({item.problem, item.solution, true}));
            CHECK(!held_out(item.problem));
            CHECK(!any_held_out(item.solution));
        }
        if (options.world == "countdown")
            for (const std::string& problem : draw_problems(room, Split::dev, 30, 1))
                CHECK(search::parse_hand(problem).target <= search::rational(60));
    }
}

TEST_CASE("records of before, with the flags of all worlds, are of the same corpus") {
    const Temporary folder;
    CorpusOptions options;
    options.stage.run = folder.path;
    options.world = "equations";
    options.tokens = 2000;
    options.curated = 4;
    options.stage.quiet = true;
    corpus(options);
    for (const char* file : {"/config.json", "/corpus/done.json"}) {
        Json record = read_json(folder.path + file).value;
        Json& flags = record.contains("stages") ? record["stages"]["corpus"] : record["flags"];
        CHECK(flags.contains("terms"));
        CHECK(!flags.contains("numbers")); // countdown's
        flags["numbers"] = 4;
        flags["quantity"] = 20;
        write_json(folder.path + file, record);
    }
    corpus(options);
    options.of<EquationsTeaching>().problems.max_terms = 4;
    CHECK_THROWS_WITH_AS(corpus(options), doctest::Contains("terms was 5, now 4"), Error);
    CHECK(corpus_options_of(folder.path).of<EquationsTeaching>().problems.max_terms == 5);
    CHECK_THROWS_WITH_AS(teaching_of<CountdownTeaching>(folder.path),
                         doctest::Contains("is a run of the world equations"), Error);
}

TEST_CASE("each world's corpus shows its own flags") {
    const Temporary folder;
    const auto help = [&](const std::string& world) {
        return tests::run_program(folder, "train corpus --help" + world).out;
    };
    CHECK(tests::contains(help(""), "--max-operands"));
    CHECK(!tests::contains(help(""), "--numbers"));
    CHECK(tests::contains(help(""), taught_worlds()));
    CHECK(tests::contains(help(" --world countdown"), "--numbers"));
    CHECK(!tests::contains(help(" --world countdown"), "--max-operands"));
    const auto unknown = tests::run_program(folder, "train corpus --world algebra");
    CHECK(unknown.status == 2);
    CHECK(tests::contains(unknown.error, "expected one of arithmetic, "));
}
