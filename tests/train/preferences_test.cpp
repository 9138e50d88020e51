// The reward model of ranks and DPO: losses by hand, and a tiny run in which they learn.

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tests/train/small_class.h"
#include "tests/train/tiny_training.h"
#include "train/data/corpus.h"
#include "train/data/worlds/arithmetic/arithmetic_class.h"
#include "train/data/worlds/arithmetic/problems.h"
#include "train/preference/bradley_terry.h"
#include "train/preference/dpo.h"
#include "train/rl/grpo.h"
#include "train/supervised/pretrain.h"

#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::train;
using engine::Tape, engine::Tensor, engine::Var;

namespace {

// A run with a policy that has seen a few worksheets, and ranks by somebody who prefers
// solutions with all their lines to bare answers.
struct RankedRun : Temporary {
    RankedRun() {
        CorpusOptions text = options<CorpusOptions>();
        make_small(text);
        text.tokens = 20'000;
        text.curated = 8;
        corpus(text);
        pretrain(tiny_training(path, 40));
        make_folders(path + "/sft");
        save_gpt(model_path(path, "sft"), load_model(path, "pretrain"));

        const Pupil expert;
        Random random(1, "test");
        ProblemConfig config = small_problems();
        config.min_operands = 3;
        std::vector<Json> lines;
        for (const std::string& problem : draw_problems(config, Split::train, 200, 1)) {
            const auto steps = solve(expert, problem, random);
            lines.push_back(json_of(RankedPair{problem, steps, {steps.back()}}));
        }
        make_folders(path + "/ranks");
        write_jsonl(path + "/ranks/ranks.jsonl", lines);
    }
    template <class Options>
    Options options() const {
        return quiet<Options>(path);
    }
    BradleyTerryOptions reward_options() const {
        auto o = options<BradleyTerryOptions>();
        o.reward.extra_layers = 1;
        o.reward.loop.batch = 8;
        o.reward.epochs = 4;
        o.reward.loop.lr = 1e-2;
        o.reward.loop.warmup = 2;
        o.reward.loop.save_every = 4;
        return o;
    }
    DpoOptions dpo_options() const {
        auto o = options<DpoOptions>();
        o.loop.batch = 8;
        o.epochs = 3;
        o.loop.lr = 1e-2;
        o.loop.warmup = 2;
        o.loop.save_every = 4;
        o.beta = 0.1;
        o.kl_episodes = 16;
        return o;
    }
    std::vector<JsonLine> metrics(const std::string& stage) const {
        return read_jsonl(stage_file(path, stage, "metrics.jsonl"));
    }
    Json result(const std::string& stage) const {
        return read_json(stage_file(path, stage, "done.json")).value["result"];
    }
    std::string bytes(const std::string& stage) const {
        return read_file(stage_file(path, stage, "model.safetensors")) +
               read_file(stage_file(path, stage, "metrics.jsonl")) +
               read_file(stage_file(path, stage, "done.json"));
    }
};

// An output with so many written tokens after a prompt of one.
Episode written(int tokens) {
    Episode episode;
    episode.prompt = 1;
    episode.tokens.assign(static_cast<size_t>(1 + tokens), 0);
    return episode;
}

float loss_of(const std::vector<float>& margins, const std::vector<float>& weights, double beta,
              const std::string& name) {
    Tape tape(false);
    const Var h = tape.constant(Tensor::from({static_cast<int64_t>(margins.size()), 1}, margins));
    return tape.value(preference_loss(tape, h, weights, beta, name))[0];
}

} // namespace

TEST_CASE("the loss of Bradley and Terry by hand") {
    Tape tape(false);
    const std::vector<float> values = {1.0f, 0.0f, -2.0f, 0.5f, 0.5f};
    const Var scores = tape.constant(Tensor::from({5, 1}, values));
    // -log sigmoid(1) and -log sigmoid(3) of one prompt, -log sigmoid(0) of another.
    const std::vector<Comparisons::Pair> pairs = {{0, 1, 0.5f}, {0, 2, 0.5f}, {3, 4, 1.0f}};
    const double one = std::log1p(std::exp(-1.0)), three = std::log1p(std::exp(-3.0));
    CHECK(tape.value(bradley_terry_loss(tape, scores, pairs))[0] ==
          doctest::Approx(((one + three) / 2 + std::log(2.0)) / 2));
    // A shift of all scores changes nothing.
    CHECK(tape.value(bradley_terry_loss(tape, shift(tape, scores, 7), pairs))[0] ==
          doctest::Approx(((one + three) / 2 + std::log(2.0)) / 2));
}

TEST_CASE("the losses of some prompts add up to that of all") {
    Comparisons all;
    for (const int group : {0, 0, 0, 1, 1, 2, 2}) {
        all.outputs.push_back(written(group + 1));
        all.outputs.back().group = group;
    }
    all.pairs = {{0, 1, 0.5f}, {2, 1, 0.5f}, {4, 3, 1.0f}, {5, 6, 1.0f}};
    CHECK(prompts_in(all) == 3);
    CHECK(outputs_before(all, 1) == 3);
    const double total = weight_of(all.pairs);
    const std::vector<float> scored = {1.0f, 0.0f, -2.0f, 0.5f, 0.7f, 0.3f, 4.0f};
    const auto of = [&](const Comparisons& some, int64_t before, double divisor) {
        Tape tape(false);
        const auto values = std::span(scored).subspan(size_t(before), some.outputs.size());
        const Var scores = tape.constant(Tensor::from({std::ssize(some.outputs), 1}, values));
        return tape.value(bradley_terry_loss(tape, scores, some.pairs, divisor))[0];
    };
    const Comparisons first = prompts_of(all, 0, 2), last = prompts_of(all, 2, 1);
    CHECK(first.outputs.size() == 5);
    CHECK(first.pairs.size() == 3);
    CHECK(last.outputs[0].group == 0);
    CHECK(of(first, 0, total) + of(last, 5, total) == doctest::Approx(of(all, 0, 0)));
}

TEST_CASE("calibration by hand") {
    const Calibration found = calibration(std::vector<float>{2.0f, -2.0f, 0.0f});
    const double sure = 1 / (1 + std::exp(-2.0));
    CHECK(found.pairs == 3);
    CHECK(found.accuracy == doctest::Approx(0.5));
    CHECK(found.loss ==
          doctest::Approx((std::log1p(std::exp(-2.0)) + std::log1p(std::exp(2.0)) + std::log(2.0)) /
                          3));
    CHECK(found.error == doctest::Approx((2 * sure - 1) / 3));
    CHECK(found.bins[0].pairs == 1);
    CHECK(found.bins[3].pairs == 2); // 0.88 is within 0.8 and 0.9
    CHECK(found.bins[3].happened == doctest::Approx(0.5));
    CHECK(calibration_table(found).find("| 80 - 90 % | 2 | 88.1 % | 50.0 % |") !=
          std::string::npos);
}

TEST_CASE("DPO and IPO by hand") {
    Comparisons compared;
    compared.outputs = {written(2), written(1), written(1)};
    compared.pairs = {{0, 1, 0.5f}, {2, 0, 0.5f}};
    const std::vector<float> policy = {-1, -2, -3, -1}, reference = {-1.5f, -2.5f, -1, -1};
    Tape tape(false);
    const Var log_prob = tape.constant(Tensor::from({4, 1}, policy));
    const Tensor& h = tape.value(log_ratio_margins(tape, log_prob, reference, compared));
    CHECK(h[0] == doctest::Approx(3));  // (0.5 + 0.5) - (-2)
    CHECK(h[1] == doctest::Approx(-1)); // 0 - (0.5 + 0.5)

    CHECK(loss_of({3}, {1}, 0.1, "dpo") == doctest::Approx(std::log1p(std::exp(-0.3))));
    CHECK(loss_of({3}, {1}, 0.1, "ipo") == doctest::Approx(4)); // (3 - 5)^2
    CHECK(loss_of({3, -1}, {3, 1}, 0.5, "ipo") == doctest::Approx((3 * 4.0 + 4.0) / 4));
    CHECK(loss_of({0}, {1}, 0.1, "dpo") == doctest::Approx(std::log(2.0)));
}

TEST_CASE("reward model of ranks: it learns; stopped and resumed, and at any threads: same bytes") {
    const RankedRun run;
    engine::set_threads(1);
    BradleyTerryOptions options = run.reward_options();
    reward(options);
    const auto lines = run.metrics("reward");
    CHECK(number_field(lines[0], "label_loss") == doctest::Approx(std::log(2.0)));
    CHECK(number_field(lines.back(), "label_loss") < 0.3);
    const Json result = run.result("reward");
    CHECK(result["val_accuracy"].get<double>() > 0.9);
    CHECK(result["val_pairs"].get<int64_t>() > 3);
    CHECK(!result.contains("val_ceiling")); // nobody knows the annotator of this file

    const std::string whole = run.bytes("reward");
    options.reward.stage.force = true;
    options.reward.loop.stop_after = 10;
    reward(options);
    CHECK(run.bytes("reward") == whole); // stays until the other is finished
    CHECK(exists(run.path + "/reward.new/state.safetensors"));
    engine::set_threads(2);
    options.reward.loop.stop_after = 0;
    reward(options);
    engine::set_threads(0);
    CHECK(run.bytes("reward") == whole);

    // It pays for GRPO, under a name of its own, too.
    std::filesystem::copy(run.path + "/reward", run.path + "/reward-me");
    auto rl = run.options<GrpoOptions>();
    rl.rl.reward = "reward-me";
    rl.rl.name = "grpo-reward";
    rl.rl.steps = 2;
    rl.rl.loop.batch = 16;
    rl.rl.max_tokens = 20;
    grpo(rl);
    CHECK(has_field(run.metrics("grpo-reward")[1], "kl"));
    rl.rl.reward = "taste";
    CHECK_THROWS_WITH_AS(grpo(rl), doctest::Contains("--reward must be"), Error);
}

TEST_CASE("DPO: the margin grows; stopped and resumed, and at any threads: same bytes") {
    const RankedRun run;
    engine::set_threads(1);
    DpoOptions options = run.dpo_options();
    dpo(options);
    const auto lines = run.metrics("dpo");
    CHECK(number_field(lines[0], "loss") == doctest::Approx(std::log(2.0)).epsilon(1e-4));
    CHECK(number_field(lines[0], "reward_margin") == doctest::Approx(0).epsilon(1e-3));
    CHECK(number_field(lines.back(), "loss") < 0.3);
    CHECK(number_field(lines.back(), "reward_margin") > 1);
    CHECK(number_field(lines.back(), "reward_margin") ==
          doctest::Approx(number_field(lines.back(), "reward_chosen") -
                          number_field(lines.back(), "reward_rejected"))
              .epsilon(1e-3));
    const Json result = run.result("dpo");
    CHECK(result["val_accuracy"].get<double>() > 0.9);
    CHECK(result["kl"].get<double>() > 0);
    CHECK(!load_model(run.path, "dpo").config.scalar_head);

    const std::string whole = run.bytes("dpo");
    options.stage.force = true;
    options.loop.stop_after = 10;
    dpo(options);
    CHECK(run.bytes("dpo") == whole);
    CHECK(exists(run.path + "/dpo.new/state.safetensors"));
    engine::set_threads(2);
    options.loop.stop_after = 0;
    dpo(options);
    engine::set_threads(0);
    CHECK(run.bytes("dpo") == whole);
    CHECK(!exists(run.path + "/dpo.new"));

    options.stage.force = false;
    options.name = "dpo-ipo";
    options.loss = "ipo";
    dpo(options);
    CHECK(number_field(run.metrics("dpo-ipo").back(), "loss") <
          number_field(run.metrics("dpo-ipo")[0], "loss"));
    options.loss = "kto";
    CHECK_THROWS_WITH_AS(dpo(options), doctest::Contains("--loss must be"), Error);
}

TEST_CASE("ranks that cannot be trained on are refused, and nothing is begun") {
    const RankedRun run;
    write_file_atomic(run.path + "/ranks/ranks.jsonl",
                      R"({"prompt": "2+3", "chosen": "5", "rejected": "5"})"
                      "\n");
    CHECK_THROWS_WITH_AS(reward(run.reward_options()), doctest::Contains("ranks.jsonl:1"), Error);
    CHECK_THROWS_WITH_AS(dpo(run.dpo_options()), doctest::Contains("ranks.jsonl:1"), Error);
    std::vector<Json> lines;
    for (const char* problem : {"1+1", "1+2", "1+3", "1+4", "1+5"})
        lines.push_back(json_of(RankedPair{problem, {"2"}, {std::string(200, '1')}}));
    write_jsonl(run.path + "/ranks/ranks.jsonl", lines);
    CHECK_THROWS_WITH_AS(reward(run.reward_options()), doctest::Contains("more than the context"),
                         Error);
    CHECK(!exists(model_path(run.path, "reward")));
    CHECK(!exists(run.path + "/dpo/metrics.jsonl"));
}
