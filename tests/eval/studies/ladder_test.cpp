#include "eval/studies/ladder.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/eval/tiny_pipeline.h"
#include "tests/train/small_class.h"
#include "train/data/worlds/arithmetic/problems.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("the ladder of a tiny pipeline") {
    const Temporary run;
    tiny_pipeline(run.path);

    LadderOptions options;
    options.run = run.path;
    options.quiet = true;
    options.problems = 12;
    options.budgets = {150, 600};
    const Ladder ladder = measure_ladder(options);
    CHECK(ladder.rows.size() == 2 + 2 * 10);
    CHECK(ladder.training_lines > 1000);
    for (const Measured& row : ladder.rows) {
        CAPTURE(row.method);
        CHECK(row.n == 12);
        CHECK(row.solved == std::count(row.right.begin(), row.right.end(), true));
        CHECK(row.tokens > 0);
        if (row.budget > 0) CHECK(row.tokens <= static_cast<double>(row.budget));
    }

    const Ladder again = measure_ladder(options); // the same, but for the clock
    for (size_t i = 0; i < ladder.rows.size(); ++i) {
        CHECK(again.rows[i].solved == ladder.rows[i].solved);
        CHECK(again.rows[i].tokens == ladder.rows[i].tokens);
        CHECK(again.rows[i].expanded == ladder.rows[i].expanded);
    }
    CHECK(again.example == ladder.example);
}

TEST_CASE("the ladder refuses a run whose training texts hold a test problem") {
    const Temporary run;
    tiny_pipeline(run.path);
    LadderOptions options;
    options.run = run.path;
    options.problems = 12;
    train::ProblemConfig config = train::small_problems();
    config.min_operands = 3;
    const std::string leaked =
        train::draw_problems(config, train::Split::test, options.problems, options.seed)[5];
    const std::string path = run / "corpus/curated.jsonl";
    write_file_atomic(path, read_file(path) + "{\"problem\":\"" + leaked +
                                "\",\"solution\":[\"1\"],\"text\":\"\"}\n");
    CHECK_THROWS_WITH_AS(measure_ladder(options), doctest::Contains(leaked.c_str()), Error);
}

TEST_CASE("the ladder says which stage is missing") {
    const Temporary run;
    tiny_pipeline(run.path);
    LadderOptions options;
    options.run = run.path;
    options.problems = 12;
    std::filesystem::remove(run / "prm/model.safetensors");
    CHECK_THROWS_WITH_AS(measure_ladder(options), doctest::Contains("qstar train prm"), Error);
}
