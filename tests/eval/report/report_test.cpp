// The report of a tiny pipeline: complete, self-contained, and equal to what it was made from.

#include "eval/report/report.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/plot/html.h"
#include "eval/studies/ladder.h"
#include "tests/eval/tiny_pipeline.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::eval;

namespace {

MeasureOptions small(const std::string& run) {
    MeasureOptions options;
    options.run = run;
    options.quiet = true;
    options.problems = 6;
    options.samples = 3;
    options.looked_at = 6;
    options.shown = 3;
    options.budget = 200;
    return options;
}

void change(const std::string& path, const std::string& from, const std::string& to) {
    std::string text = read_file(path);
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    write_file_atomic(path, text.replace(at, from.size(), to));
}

// A tiny pipeline with a ladder and its report.
void make_reported_pipeline(const std::string& run) {
    tiny_pipeline(run);
    LadderOptions settings;
    settings.run = run;
    settings.quiet = true;
    settings.problems = 6;
    settings.budgets = {200};
    ladder(settings);
    report(small(run));
}

void reported_pipeline(const std::string& run) {
    static const MadeOnce pipeline(make_reported_pipeline);
    pipeline.copy_to(run);
}

} // namespace

TEST_CASE("a run that has only begun has a report that says what is missing") {
    Temporary run;
    CHECK_THROWS_WITH_AS(report(small(run.path)), doctest::Contains("qstar train corpus"), Error);
    auto corpus = quiet<train::CorpusOptions>(run.path);
    corpus.tokens = 5'000;
    train::corpus(corpus);
    report(small(run.path));
    const std::string page = read_file(run.path + "/report.html");
    for (const char* command :
         {"qstar eval ladder", "qstar eval best-of-n", "qstar eval claims", "qstar train prm"})
        CHECK(page.find(command) != std::string::npos);
    verify_report(run.path, true);
}

TEST_CASE("the report of a tiny pipeline") {
    Temporary folder;
    const std::string run = folder.path, path = run + "/report.html";
    reported_pipeline(run);
    report(small(run)); // the page names its run
    const std::string page = read_file(path);
    const Json data = embedded_data(page);

    CHECK(check_numbers(page) > 100);
    CHECK(page.size() < 5'000'000);
    CHECK(data["ladder"] == read_json(run + "/ladder.json").value);
    CHECK(data["measured"]["problems"].size() == 3);
    CHECK(data["measured"]["calibration"].contains("orm"));
    CHECK(data["curves"].contains("pretrain"));
    CHECK(data["curves"]["pretrain"]["steps"] == 60);
    // Nothing is fetched from anywhere.
    for (const char* elsewhere : {"http:", "https:", "src=", "@import", "url(//"})
        CHECK(page.find(elsewhere) == std::string::npos);
    verify_report(run, true);

    report(small(run));
    CHECK(read_file(path) == page); // the same again
}

TEST_CASE("what was changed in a report or in its run is found") {
    Temporary folder;
    const std::string run = folder.path, path = run + "/report.html";
    reported_pipeline(run);

    SUBCASE("a number that was changed in the page is found") {
        change(path, "</data>", "9</data>");
        CHECK_THROWS_WITH_AS(verify_report(run, true), doctest::Contains("the page shows"), Error);
    }
    SUBCASE("a sentence that was changed in the page is found") {
        change(path, "No verifier speaks", "A verifier speaks");
        CHECK_THROWS_WITH_AS(verify_report(run, true), doctest::Contains("changed by hand"), Error);
    }
    SUBCASE("data that are no report's are said") {
        change(path, "\"calibration\":{", "\"calibrated\":{");
        CHECK_THROWS_AS(verify_report(run, true), Error);
    }
    SUBCASE("a number of the run that changed since is found") {
        change(run + "/ladder.json",
               "\"training_lines_compared\": ", "\"training_lines_compared\": 1");
        CHECK_THROWS_WITH_AS(verify_report(run, true),
                             doctest::Contains("ladder/training_lines_compared"), Error);
    }
    SUBCASE("a ladder that the models do not give is found") {
        Json wrong = read_json(run + "/ladder.json").value;
        wrong["rows"][1]["solved"] = wrong["rows"][1]["solved"].get<int>() + 1;
        write_json(run + "/ladder.json", wrong);
        report(small(run));
        CHECK_THROWS_WITH_AS(verify_report(run, true),
                             doctest::Contains("ladder, tuned model, greedy, solved"), Error);
    }
    SUBCASE("a file of the run that is not what it should be is said") {
        const std::string page = read_file(path);
        write_file_atomic(run + "/ladder.json", "{\"rows\": 3}");
        CHECK_THROWS_WITH_AS(report(small(run)),
                             doctest::Contains("ladder.json: expected rows with method, "), Error);
        CHECK(read_file(path) == page); // and nothing is lost
    }
    SUBCASE("another model is found") {
        write_file_atomic(run + "/orm/model.safetensors",
                          read_file(run + "/prm/model.safetensors"));
        CHECK_THROWS_WITH_AS(verify_report(run, true), doctest::Contains("measured"), Error);
    }
}
