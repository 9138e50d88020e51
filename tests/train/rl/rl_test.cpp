// PPO and GRPO on a tiny run: they earn more, resume to the same bytes, and do not depend on
// the number of threads.

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/text/jsonl.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tests/train/tiny_training.h"
#include "train/data/corpus.h"
#include "train/data/worlds/countdown/countdown_teaching.h"
#include "train/rl/grpo.h"
#include "train/rl/ppo.h"
#include "train/supervised/pretrain.h"

#include <cmath>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::train;

namespace {

// A run with a policy that has seen a few worksheets, and reward models that know nothing:
// any solution that ends in an answer gets 1/2, so that ending one is what there is to learn.
struct TinyRun : Temporary {
    TinyRun() {
        CorpusOptions text = quiet<CorpusOptions>(path);
        text.tokens = 20'000;
        text.curated = 8;
        corpus(text);
        pretrain(tiny_training(path, 60));
        const engine::Gpt model = load_model(path, "pretrain");
        put("sft", model);
        for (const char* name : {"orm", "prm", "reward"}) put(name, with_scalar_head(model));
    }
    void put(const std::string& stage, const engine::Gpt& model) const {
        make_folders(stage_folder(path, stage));
        save_gpt(model_path(path, stage), model);
    }
    template <class Options>
    Options options() const {
        Options o;
        o.rl.stage.run = path;
        o.rl.stage.quiet = true;
        o.rl.loop.batch = 32;
        o.rl.minibatch = 16;
        o.rl.steps = 12;
        o.rl.loop.lr = 3e-3;
        o.rl.max_tokens = 5; // so that few end in time
        o.rl.loop.save_every = 3;
        o.rl.reward = "orm";
        return o;
    }
    std::vector<JsonLine> metrics(const std::string& stage) const {
        return read_jsonl(stage_file(path, stage, "metrics.jsonl"));
    }
    std::string bytes(const std::string& stage) const {
        return read_file(stage_file(path, stage, "model.safetensors")) +
               read_file(stage_file(path, stage, "state.safetensors")) +
               read_file(stage_file(path, stage, "metrics.jsonl")) +
               read_file(stage_file(path, stage, "done.json"));
    }
    // Did the score rise from the first to the last three steps?
    bool improved(const std::string& stage, double by) const {
        const auto lines = metrics(stage);
        double change = 0;
        for (size_t i = 0; i < 3; ++i)
            change += number_field(lines[lines.size() - 1 - i], "score") -
                      number_field(lines[i], "score");
        CAPTURE(change / 3);
        return change / 3 > by;
    }
};

} // namespace

TEST_CASE("PPO: the score rises; stopped and resumed, and at any threads: same bytes") {
    const TinyRun run;
    PpoOptions options = run.options<PpoOptions>();
    engine::set_threads(1);
    ppo(options);
    CHECK(run.improved("ppo", 0.1));
    const auto lines = run.metrics("ppo");
    REQUIRE(lines.size() == 12);
    CHECK(number_field(lines[0], "kl") == 0); // the policy is the reference yet
    CHECK(number_field(lines[11], "kl") > 0.1);
    CHECK(number_field(lines[0], "kl_coefficient") == 0.05);
    CHECK(number_field(lines[1], "kl_coefficient") == doctest::Approx(0.045)); // 0.9: below target
    CHECK(number_field(lines[11], "value_loss") < number_field(lines[0], "value_loss"));
    for (const auto& line : lines) {
        const auto within = [&](const char* name, double low, double high) {
            CAPTURE(name);
            const double value = number_field(line, name);
            CHECK(value >= low);
            CHECK(value <= high);
        };
        for (const char* share : {"clip_fraction", "right", "finished"}) within(share, 0, 1);
        within("entropy", 0.001, std::log(260)); // of the vocabulary's tokens at most
        within("explained_variance", -100, 1);
        within("approx_kl", -0.1, 10);
        within("length", 1, 64);
        within("norm", 1e-9, 1e3);
        within("lr", 1e-9, 1);
        CHECK(std::isfinite(number_field(line, "loss")));
    }
    CHECK(number_field(lines[11], "reward") > number_field(lines[0], "reward"));
    // The policy can be used like any other; it has no scalar head.
    CHECK(!load_model(run.path, "ppo").config.scalar_head);

    const std::string whole = run.bytes("ppo");
    options.rl.stage.force = true;
    options.rl.loop.stop_after = 8; // a state of step 6, metrics up to step 7
    ppo(options);
    CHECK(run.bytes("ppo") == whole);
    CHECK(exists(run.path + "/ppo.new/state.safetensors"));
    engine::set_threads(2);
    options.rl.loop.stop_after = 0;
    ppo(options);
    engine::set_threads(0);
    CHECK(run.bytes("ppo") == whole);
}

TEST_CASE("GRPO and RLOO: the score rises; stopped and resumed: same bytes") {
    const TinyRun run;
    GrpoOptions options = run.options<GrpoOptions>();
    options.group = 8;
    grpo(options);
    CHECK(run.improved("grpo", 0.1));
    CHECK(number_field(run.metrics("grpo")[0], "kl") == 0);
    const std::string whole = run.bytes("grpo");
    options.rl.stage.force = true;
    options.rl.loop.stop_after = 5;
    grpo(options);
    options.rl.loop.stop_after = 0;
    engine::set_threads(2);
    grpo(options);
    engine::set_threads(0);
    CHECK(run.bytes("grpo") == whole);

    options.rl.name = "grpo-rloo";
    options.baseline = "rloo";
    grpo(options);
    CHECK(run.improved("grpo-rloo", 0.1));
}

TEST_CASE("GRPO on texts that contain their search, with the changes of 2025") {
    const Temporary folder;
    CorpusOptions text = quiet<CorpusOptions>(folder.path);
    text.world = "countdown";
    text.of<CountdownTeaching>().form = "search";
    text.of<CountdownTeaching>().texts.longest = 100;
    text.items = 1;
    text.warm = 0;
    text.tokens = 60'000;
    text.curated = 8;
    corpus(text);
    PretrainOptions options = tiny_training(folder.path, 60);
    options.context = 256;
    options.loop.batch = 8;
    pretrain(options);
    make_folders(stage_folder(folder.path, "sft"));
    save_gpt(model_path(folder.path, "sft"), load_model(folder.path, "pretrain"));

    GrpoOptions o;
    o.rl.stage.run = folder.path;
    o.rl.stage.quiet = true;
    o.rl.loop.batch = 24;
    o.rl.loop.save_every = 1;
    o.rl.minibatch = 8;
    o.rl.steps = 3;
    o.rl.max_tokens = 200;
    o.group = 4;
    o.baseline = "mean";
    o.average = "fixed";
    o.epsilon_high = 0.28;
    o.redraw = 2;
    o.kl = 0;
    grpo(o);
    const auto bytes = [&] {
        return read_file(model_path(folder.path, "grpo")) +
               read_file(stage_file(folder.path, "grpo", "metrics.jsonl"));
    };
    const std::string whole = bytes();
    for (const JsonLine& line : read_jsonl(stage_file(folder.path, "grpo", "metrics.jsonl"))) {
        // All were alike and were drawn again in both rounds, or some were.
        CHECK(int_field(line, "drawn") >= 24);
        CHECK(int_field(line, "drawn") <= 72);
        CHECK(number_field(line, "drawn_length") > 1);
    }
    o.rl.stage.force = true;
    o.rl.loop.stop_after = 2;
    grpo(o);
    o.rl.loop.stop_after = 0;
    engine::set_threads(2);
    grpo(o);
    engine::set_threads(0);
    CHECK(bytes() == whole);

    o.rl.reward = "prm";
    CHECK_THROWS_WITH_AS(grpo(o), doctest::Contains("looks at single steps"), Error);
    o = {};
    o.average = "longest";
    CHECK_THROWS_WITH_AS(grpo(o), doctest::Contains("--average must be solution, batch or fixed"),
                         Error);
}

TEST_CASE("process rewards and the model of ranks drive both") {
    const TinyRun run;
    PpoOptions steps = run.options<PpoOptions>();
    steps.rl.name = "ppo-prm";
    steps.rl.reward = "prm";
    ppo(steps);
    CHECK(run.improved("ppo-prm", 0.05));
    PpoOptions ranks = run.options<PpoOptions>();
    ranks.rl.name = "ppo-reward";
    ranks.rl.reward = "reward";
    ranks.value_from = "sft"; // with more layers
    ppo(ranks);
    CHECK(run.improved("ppo-reward", 0.2));
    GrpoOptions group = run.options<GrpoOptions>();
    group.rl.reward = "prm";
    grpo(group);
    CHECK(run.improved("grpo", 0.05));
}

TEST_CASE("wrong flags are refused in a sentence") {
    const TinyRun run;
    const auto refused = [](auto stage, auto options, const char* words) {
        CHECK_THROWS_WITH_AS(stage(options), doctest::Contains(words), Error);
    };
    PpoOptions p = run.options<PpoOptions>();
    p.rl.reward = "people";
    refused(ppo, p, "--reward must be verifier, orm, prm or reward, found \"people\"");
    p = run.options<PpoOptions>();
    p.rl.name = "sft";
    refused(ppo, p, "--name must be ppo, or ppo-");
    p.rl.name = "ppo/../sft";
    refused(ppo, p, "--name must be ppo");
    p = run.options<PpoOptions>();
    p.rl.epsilon = 0;
    refused(ppo, p, "--epsilon");
    p = run.options<PpoOptions>();
    p.rl.from = "nothing";
    refused(ppo, p, "nothing/model.safetensors is missing");
    p = run.options<PpoOptions>();
    p.value_from = "reward-model";
    refused(ppo, p, "reward-model/model.safetensors is missing");
    run.put("orm", load_model(run.path, "sft"));
    refused(ppo, run.options<PpoOptions>(), "no scalar head");
    GrpoOptions g = run.options<GrpoOptions>();
    g.group = 5;
    refused(grpo, g, "--group must be 2 or more and divide --batch 32, found 5");
    g.group = 8;
    g.baseline = "best";
    refused(grpo, g, "--baseline must be group, mean or rloo");
}
