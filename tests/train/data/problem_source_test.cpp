#include "train/data/problem_source.h"

#include "engine/base/error.h"
#include "tests/temporary.h"
#include "train/data/corpus.h"
#include "train/data/worlds/equations_class.h"
#include "train/data/worlds/words_class.h"

#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::train;

TEST_CASE("each world has a classroom: a verifier, experts who are right, and problems by side") {
    for (const char* world : {"arithmetic", "countdown", "equations", "words"}) {
        CorpusOptions options;
        options.world = world;
        options.problems.min_operands = 3;
        for (const bool warm : {false, true}) {
            const ProblemSource room = problem_source_of(options, warm);
            CHECK(room.world->name() == world);
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
    CHECK_THROWS_AS(problem_source_of(options), Error);
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
        options.run = folder.path;
        options.world = world;
        options.tokens = 30'000;
        options.curated = 20;
        options.countdown.to = 60;
        options.quiet = true;
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
