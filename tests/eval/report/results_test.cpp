#include "eval/report/results.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/program.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <string>

using namespace qstar;
using namespace qstar::eval;
using qstar::tests::contains;
using qstar::tests::run_program;

namespace {

// A run that has been measured, without its models.
void write_measured_run(const Temporary& run) {
    run.file("config.json", R"({"world":"arithmetic","seed":7,"stages":{}})");
    run.file("ladder.json", R"({"seed":7,"policy":"sft","split":"test","problems":200,
        "budgets":[300],"rows":[
        {"method":"tuned model, greedy","budget":0,"solved":106,"n":200,"low":0.461,"high":0.598,
         "tokens":19.04,"expanded":2.5,"seconds":0.22},
        {"method":"A*, PRM","budget":300,"solved":142,"n":200,"low":0.644,"high":0.768,
         "tokens":178.2,"expanded":2.6,"seconds":0.6}]})");
    run.file("times.json", R"({"seconds":{"corpus":3.1,"ladder":12},
        "demo":{"world":"arithmetic","quick":true,"full":false,"seed":7}})");
}

} // namespace

TEST_CASE("results are tables with their commands, from a run's own files") {
    const Temporary run;
    write_measured_run(run);
    const auto printed = run_program(run, "eval results --run " + run.path);
    CHECK(printed.status == 0);
    const std::string& page = printed.out;
    CHECK(contains(page, "\n| method | budget | solved | % | 95 % | tokens | seconds |\n"
                         "|---|---:|---:|---:|---:|---:|---:|\n"
                         "| tuned model, greedy | 0 | 106 / 200 | 53.0 | 46.1 - 59.8 | 19.0 | "
                         "0.22 |\n"
                         "| A*, PRM | 300 | 142 / 200 | 71.0 | 64.4 - 76.8 | 178 | 0.60 |\n"));
    CHECK(contains(page, "200 problems of the test split, seed 7, budgets [300]; measured in "
                         "12.0 s.\n"));
    // The run's own seed and the defaults are not repeated.
    CHECK(contains(page, "\n    qstar eval ladder --run " + run.path +
                             " --problems 200 --budgets 300\n"));
    CHECK(contains(page, "took 15 s:\n\n    qstar demo --run " + run.path + " --quick\n"));
    CHECK(contains(page, "knows next to nothing")); // the quick demo
    CHECK(!contains(page, "# Best of N"));
    CHECK(results({run.path, run.path}).size() > results({run.path}).size() + 500);
}

TEST_CASE("results keep what was written by hand below them") {
    const Temporary run;
    write_measured_run(run);
    ResultsOptions options;
    options.runs = {run.path};
    options.out = run.file("RESULTS.md", "old\n# Longer campaigns\n\nby hand\n");
    const auto made = [&] {
        return run_program(run, "eval results --run " + run.path + " --out " + options.out);
    };
    CHECK(made().status == 0);
    const std::string once = read_file(options.out);
    CHECK(!contains(once, "old"));
    CHECK(once.ends_with("\n# Longer campaigns\n\nby hand\n"));
    CHECK(made().status == 0);
    CHECK(read_file(options.out) == once);
}

TEST_CASE("results go where they are asked to, and what is no plain file is not read before") {
    const Temporary run;
    write_measured_run(run);
    const auto to = [&](const std::string& out) {
        return run_program(run, "eval results --run " + run.path + " --out " + out);
    };
    const auto printed = to("-");
    CHECK(printed.status == 0);
    CHECK(printed.out == results({run.path}));
    CHECK(printed.error == "The results are in -\n");
    if (exists("/dev/full")) CHECK(to("/dev/full").status == 2); // and has no end
}

TEST_CASE("results refuse a folder that is no run, and a file that holds no measures") {
    const Temporary folder;
    CHECK_THROWS_AS(results({folder / "none"}), Error);
    write_measured_run(folder);
    folder.file("ladder.json", R"({"seed":7,"rows":[{"method":"A*"}]})");
    const auto refused = run_program(folder, "eval results --run " + folder.path);
    CHECK(refused.status == 2);
    CHECK(refused.error ==
          fmt::format("qstar: {0}/ladder.json: expected rows with method, budget, solved, n, low, "
                      "high, tokens, seconds, found one without budget: make it anew with `qstar "
                      "eval ladder --run {0}`\n",
                      folder.path));
    CHECK(refused.out.empty());
    folder.file(
        "ladder.json",
        R"({"seed":7,"rows":[{"method":"A*","budget":9,"solved":"x","n":1,"low":0,"high":1,)"
        R"("tokens":2,"seconds":1}]})");
    CHECK(run_program(folder, "eval results --run " + folder.path)
              .error.find("ladder.json: expected rows with method, budget, solved, n, low, high, "
                          "tokens, seconds, found \"x\" as the solved of one: make it") !=
          std::string::npos);
}
