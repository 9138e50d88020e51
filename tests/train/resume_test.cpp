// A stage that goes on wants the metrics of every step that its saved state has behind it.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "tests/engine/small_model.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tokenizer/files.h"
#include "train/data/corpus.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/deep_q.h"
#include "train/run/trainer.h"
#include "train/supervised/pretrain.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <functional>

using namespace qstar;
using namespace qstar::train;

namespace {

// A training whose batches say something of a parameter only now and then; taken up after every
// `steps` steps (0: never). What the model holds at the end.
std::string sparse_training(const std::string& folder, int64_t steps) {
    const StageOptions options = quiet<StageOptions>(folder);
    LoopOptions loop;
    loop.save_every = 1;
    loop.stop_after = steps;
    loop.weight_decay = 0.5;
    loop.lr = 0.01;
    for (int call = 0; call < 20; ++call) {
        engine::Gpt model = engine::small_model();
        Stage stage(options, "dpo", Json{{"lr", 1}});
        Trainer trainer(loop, stage, trained(model, folder), 6);
        while (trainer.running()) {
            model.zero_grad();
            for (size_t i = 0; i < model.parameters.size(); ++i) {
                // One never, others first at one step, and then in every third.
                const auto first = static_cast<int64_t>(i % 3);
                if (i == 1 || trainer.step() % 3 != first) continue;
                engine::Parameter& p = model.parameters[i];
                if (p.grad.empty()) p.grad = engine::Tensor::zeros(p.value.shape());
                p.grad.fill(0.25f);
            }
            trainer.end_step(trainer.update(1.0));
        }
        if (trainer.stopped()) continue;
        std::string numbers;
        for (const engine::Parameter& p : model.parameters)
            numbers.append(reinterpret_cast<const char*>(p.value.data()),
                           p.value.values().size_bytes());
        return numbers;
    }
    return "";
}

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
    options.loop.batch = 4;
    options.steps = 20;
    options.loop.save_every = 7;
    options.val_every = 0;
    return options;
}

ValueOptions resumed_puzzle(const std::string& run) {
    ValueOptions options = quiet<ValueOptions>(run);
    options.training.puzzle.world = "sliding";
    options.training.puzzle.size = 2;
    options.training.steps = 20;
    options.training.width = 16;
    options.training.blocks = 1;
    options.training.loop.batch = 16;
    options.training.loop.save_every = 7;
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
    options.loop.stop_after = 16;
    CHECK(pretrain(options) == Outcome::stopped);
    check_metrics_are_wanted(run.path, "pretrain",
                             [&] { pretrain(resumed_pretraining(run.path)); });
}

TEST_CASE("a resume notices metrics that were cut, removed or altered: davi and deep-q") {
    const Temporary run;
    const auto train_davi = [&](int64_t stop_after) {
        ValueOptions options = resumed_puzzle(run.path);
        options.training.loop.stop_after = stop_after;
        return davi(options);
    };
    CHECK(train_davi(16) == Outcome::stopped);
    check_metrics_are_wanted(run.path, "davi", [&] { train_davi(0); });
    const auto train_deep_q = [&](int64_t stop_after) {
        DeepQOptions options{.value = resumed_puzzle(run.path)};
        options.value.training.loop.stop_after = stop_after;
        return deep_q(options);
    };
    CHECK(train_deep_q(16) == Outcome::stopped);
    check_metrics_are_wanted(run.path, "deep-q", [&] { train_deep_q(0); });
}

TEST_CASE("a puzzle's network by Muon: stopped and gone on with, the same bytes") {
    const Temporary whole, stopped;
    const auto train = [](const std::string& run, int64_t stop_after) {
        ValueOptions options = resumed_puzzle(run);
        options.training.loop.optimizer = "muon";
        options.training.loop.schedule = "linear";
        options.training.loop.stop_after = stop_after;
        return davi(options);
    };
    CHECK(train(whole.path, 0) == Outcome::finished);
    CHECK(train(stopped.path, 14) == Outcome::stopped);
    CHECK(train(stopped.path, 0) == Outcome::finished);
    for (const char* name : {"/davi/model.safetensors", "/davi/state.safetensors"}) {
        CAPTURE(name);
        CHECK(sha256_file(whole.path + name) == sha256_file(stopped.path + name));
    }
    const std::string state = read_file(stopped.path + "/davi/state.safetensors");
    CHECK(state.find("muon.momentum.block.0.fc.weight") != std::string::npos);
    CHECK(state.find("adamw.first.block.0.fc.weight") == std::string::npos);
    CHECK(state.find("adamw.second.in.weight") != std::string::npos);
    CHECK(read_file(stopped.path + "/davi/done.json").find("muon-lr") != std::string::npos);
}

TEST_CASE("taken up before a batch that says nothing, a training ends with the same bytes") {
    const auto ends = [](int64_t steps) {
        const Temporary folder;
        tokenizer::save_tokenizer(tokenizer::Tokenizer(), folder / "tokenizer");
        return sparse_training(folder.path, steps);
    };
    const std::string whole = ends(0);
    REQUIRE(!whole.empty());
    CHECK(ends(1) == whole);
    CHECK(ends(2) == whole);
    CHECK(ends(4) == whole);
}
