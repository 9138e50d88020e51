// The measurements of a tiny run: every file is written, and what can be known beforehand
// stands in it.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/studies/active_labels.h"
#include "eval/studies/early_stop.h"
#include "eval/studies/label_sources.h"
#include "eval/studies/policies.h"
#include "tests/eval/tiny_pipeline.h"
#include "train/data/sample.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::eval;

namespace {

template <class Options>
Options tiny_pool(const std::string& run) {
    Options options;
    options.pool.run = run;
    options.pool.quiet = true;
    options.pool.problems = 6;
    options.pool.samples = 8;
    return options;
}

void tuned_run(const std::string& run) {
    tiny_pretrained(run);
    train::sft(quiet<train::SftOptions>(run));
    auto sample = quiet<train::SampleOptions>(run);
    sample.problems = 60;
    sample.samples = 4;
    train::sample(sample);
}

Json table(const std::string& path) { return read_json(path).value; }

} // namespace

TEST_CASE("label sources, active selection, early stopping, policies on a tiny run") {
    const auto folder = std::filesystem::temp_directory_path() / "qstar_measures_test";
    std::filesystem::remove_all(folder);
    const std::string run = folder.string();
    tuned_run(run);

    auto sources = tiny_pool<LabelSourcesOptions>(run);
    sources.solutions = 40;
    sources.rollouts = 2;
    sources.people = {0, 0.5};
    sources.sizes = {2, 8};
    sources.shuffles = 20;
    label_sources(sources);
    const Json rows = table(run + "/label-sources/table.json")["rows"];
    REQUIRE(rows.size() == 6 * 2);
    CHECK(rows[0]["labels_by"] == "verifier");
    CHECK(rows[0]["agreement"] == 1.0); // with itself
    CHECK(rows[0]["rollout_tokens"] == 0);
    CHECK(rows[0]["judgements"] == rows[0]["labels"]);
    CHECK(rows[2]["labels_by"] == "people-0");
    CHECK(rows[2]["agreement"] == 1.0); // who never errs labels as the verifier does
    CHECK(rows[2]["mean"] == rows[0]["mean"]);
    CHECK(rows[4]["labels_by"] == "people-50");
    CHECK(rows[4]["agreement"].get<double>() < 0.9);
    CHECK(rows[4]["judgements"] == rows[4]["labels"]);
    CHECK(rows[6]["labels_by"] == "rollout-hard");
    CHECK(rows[6]["rollout_tokens"].get<int64_t>() > 0);
    CHECK(rows[6]["rollout_tokens"] == rows[8]["rollout_tokens"]); // soft, of the same ones
    const std::string before = read_file(run + "/label-sources/table.md");
    label_sources(sources); // all of it is there already
    CHECK(read_file(run + "/label-sources/table.md") == before);
    sources.extra = {"people"};
    CHECK_THROWS_WITH_AS(label_sources(sources), doctest::Contains("NAME=FILE"), Error);

    auto selection = tiny_pool<ActiveOptions>(run);
    selection.selector = 10;
    selection.candidates = 8;
    selection.sizes = {10, 20};
    selection.n = 4;
    selection.shuffles = 20;
    active(selection);
    CHECK(table(run + "/active/table.json")["rows"][1]["solutions"] == 20);
    CHECK(exists(run + "/active/prm-selected-20/model.safetensors"));
    selection.candidates = 9;
    CHECK_THROWS_WITH_AS(active(selection), doctest::Contains("candidates was 8, now 9"), Error);
    selection.sizes = {10};
    CHECK_THROWS_WITH_AS(active(selection), doctest::Contains("at least two"), Error);

    auto stop = tiny_pool<EarlyStopOptions>(run);
    stop.pool.scorers = {"label-sources/prm-verifier"};
    stop.thresholds = {0.2, 0.99};
    early_stop(stop);
    const Json stopped = table(run + "/early-stop.json")["rows"];
    REQUIRE(stopped.size() == 3);
    CHECK(stopped[0]["threshold"] == 0.0);
    CHECK(stopped[2]["tokens"].get<double>() <= stopped[0]["tokens"].get<double>());

    auto alone = quiet<PolicyOptions>(run);
    alone.problems = 6;
    alone.searches = {"sft:label-sources/prm-verifier"};
    alone.search.budget = 100;
    const auto measured = measure_policies(alone);
    REQUIRE(measured.size() == 3); // pretrain, sft, and the search
    CHECK(measured[0].method == "pretrain, greedy");
    CHECK(measured[2].tokens > measured[1].tokens);
    alone.searches = {"sft"};
    CHECK_THROWS_WITH_AS(measure_policies(alone), doctest::Contains("POLICY:SCORER"), Error);
    std::filesystem::remove_all(folder);
}
