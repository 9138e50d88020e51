// A stage that goes on wants the metrics of every step that its saved state has behind it.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "train/data/corpus.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/deep_q.h"
#include "train/supervised/pretrain.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <functional>

using namespace qstar;
using namespace qstar::train;

namespace {

// `stage` stands at a state of step 14, with metrics up to step 15; `resume` goes on.
void check_metrics_are_wanted(const std::string& run, const std::string& stage,
                              const std::function<void()>& resume) {
    const std::string path = stage_file(run, stage, "metrics.jsonl");
    const std::string state = stage_file(run, stage, "state.safetensors");
    const std::string whole = read_file(path), before = read_file(state);
    REQUIRE(whole.find("{\"step\":15,") != std::string::npos);
    REQUIRE(whole.find("{\"step\":16,") == std::string::npos);
    const auto refused = [&](const std::string& found) {
        const std::string sentence = path +
                                     ": expected a line for each of the steps 0 to 13, in order, "
                                     "which the saved state has behind it, found " +
                                     found;
        CHECK_THROWS_WITH_AS(resume(), doctest::Contains(sentence.c_str()), Error);
        CHECK(read_file(state) == before);
        CHECK(!exists(model_path(run, stage)));
    };
    std::filesystem::remove(path);
    refused("no file");
    write_file_atomic(path, whole.substr(0, whole.find("{\"step\":9,")));
    refused("whole lines only up to step 8");
    std::string hole = whole;
    const size_t fifth = hole.find("{\"step\":5,");
    hole.erase(fifth, hole.find('\n', fifth) + 1 - fifth);
    write_file_atomic(path, hole);
    refused("step 6 in line 6");
    CHECK(read_file(path) == hole);

    write_file_atomic(path, whole);
    resume();
    CHECK(read_file(path).starts_with(whole));
    CHECK(exists(model_path(run, stage)));
}

PretrainOptions resumed_pretraining(const std::string& run) {
    PretrainOptions options = quiet<PretrainOptions>(run);
    options.layers = 1;
    options.width = 16;
    options.heads = 2;
    options.context = 64;
    options.batch = 4;
    options.steps = 20;
    options.save_every = 7;
    options.val_every = 0;
    return options;
}

template <class Options>
Options resumed_puzzle(const std::string& run) {
    Options options = quiet<Options>(run);
    options.puzzle.world = "sliding";
    options.puzzle.size = 2;
    options.steps = 20;
    options.width = 16;
    options.blocks = 1;
    options.batch = 16;
    options.save_every = 7;
    return options;
}

} // namespace

TEST_CASE("a resume notices metrics that were cut, removed or altered: pretrain") {
    const Temporary run;
    CorpusOptions text = quiet<CorpusOptions>(run.path);
    text.tokens = 20'000;
    text.curated = 8;
    corpus(text);
    PretrainOptions options = resumed_pretraining(run.path);
    options.stop_after = 16;
    CHECK(pretrain(options) == Outcome::stopped);
    check_metrics_are_wanted(run.path, "pretrain",
                             [&] { pretrain(resumed_pretraining(run.path)); });
}

TEST_CASE("a resume notices metrics that were cut, removed or altered: davi and deep-q") {
    const Temporary run;
    ValueOptions first = resumed_puzzle<ValueOptions>(run.path);
    first.stop_after = 16;
    CHECK(davi(first) == Outcome::stopped);
    check_metrics_are_wanted(run.path, "davi",
                             [&] { davi(resumed_puzzle<ValueOptions>(run.path)); });
    DeepQOptions second = resumed_puzzle<DeepQOptions>(run.path);
    second.stop_after = 16;
    deep_q(second);
    check_metrics_are_wanted(run.path, "deep-q",
                             [&] { deep_q(resumed_puzzle<DeepQOptions>(run.path)); });
}
