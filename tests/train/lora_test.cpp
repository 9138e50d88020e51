// Stages that train a part of a model alone: little files, the same bytes after a stop, and what
// they leave is an ordinary model.

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/safetensors.h"
#include "engine/text/jsonl.h"
#include "search/models/stage_models.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tests/train/small_class.h"
#include "train/annotation/label.h"
#include "train/data/corpus.h"
#include "train/data/sample.h"
#include "train/data/worlds/arithmetic/arithmetic_class.h"
#include "train/data/worlds/arithmetic/problems.h"
#include "train/q_learning/davi.h"
#include "train/rl/ppo.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::train;

namespace {

void policy_of_lora_tests(const std::string& run) {
    CorpusOptions text = quiet<CorpusOptions>(run);
    make_small(text);
    text.tokens = 20'000;
    text.curated = 40;
    corpus(text);
    PretrainOptions options = quiet<PretrainOptions>(run);
    options.layers = 2;
    options.width = 16;
    options.heads = 2;
    options.context = 64;
    options.loop.batch = 4;
    options.steps = 20;
    options.loop.lr = 1e-2;
    options.val_every = 0;
    options.family = "llama";
    pretrain(options);
}

SftOptions tuning_by_lora(const std::string& run) {
    SftOptions options = quiet<SftOptions>(run);
    options.loop.trains = "lora:2";
    options.loop.lr = 3e-2;
    options.loop.warmup = 1;
    options.loop.save_every = 3;
    options.epochs = 4;
    return options;
}

void labels_of_lora_tests(const std::string& run) {
    std::vector<Json> lines;
    ProblemConfig config = small_problems();
    config.min_operands = 3;
    const std::vector<Pupil> pupils = arithmetic_class(0.5);
    Random random(1, "test");
    for (const std::string& problem : draw_problems(config, Split::train, 60, 1)) {
        const auto steps = solve(draw_pupil(pupils, random), problem, random);
        lines.push_back(json_of(SampledSolution{problem, steps, true}));
    }
    make_folders(run + "/samples");
    write_jsonl(run + "/samples/solutions.jsonl", lines);
    label(quiet<LabelOptions>(run));
}

std::vector<std::string> names_in(const std::string& path) {
    std::vector<std::string> names;
    const engine::SafeTensorsReader reader(path);
    for (const auto& [name, place] : reader.tensors()) names.push_back(name);
    return names;
}

double label_loss_of(const std::string& run, const std::string& stage, bool last) {
    const auto lines = read_jsonl(stage_file(run, stage, "metrics.jsonl"));
    return number_field(last ? lines.back() : lines.front(), "label_loss");
}

constexpr const char* kAdapterFiles[] = {"model.safetensors", "state.safetensors", "metrics.jsonl",
                                         "adapter_model.safetensors", "adapter_config.json"};

} // namespace

TEST_CASE("a fine-tuning by LoRA: stopped, resumed, at other threads: the same bytes") {
    const Temporary whole, cut;
    for (const Temporary* folder : {&whole, &cut}) policy_of_lora_tests(folder->path);
    engine::set_threads(1);
    CHECK(sft(tuning_by_lora(whole.path)) == Outcome::finished);
    engine::set_threads(2);
    SftOptions first = tuning_by_lora(cut.path);
    first.loop.stop_after = 5; // two steps after the last state
    CHECK(sft(first) == Outcome::stopped);
    CHECK(sft(tuning_by_lora(cut.path)) == Outcome::finished);
    engine::set_threads(0);
    for (const char* name : kAdapterFiles) {
        CAPTURE(name);
        CHECK(read_file(whole.path + "/sft/" + name) == read_file(cut.path + "/sft/" + name));
    }
    const auto lines = read_jsonl(whole.path + "/sft/metrics.jsonl");
    CHECK(number_field(lines.back(), "loss") < number_field(lines.front(), "loss") - 0.1);

    // A model of before's form, which differs from it in the blocks' matrices alone.
    const engine::Gpt base = load_model(whole.path, "pretrain");
    const engine::Gpt tuned = load_model(whole.path, "sft");
    CHECK(tuned.config == base.config);
    for (const engine::Parameter& p : tuned.parameters) {
        CAPTURE(p.name);
        const auto before = base.parameter(p.name).value.values(), now = p.value.values();
        CHECK(std::equal(before.begin(), before.end(), now.begin()) == (p.parts == 0));
    }
    CHECK(names_in(whole.path + "/sft/state.safetensors").size() == 3 * 2 * 14);
    CHECK(string_field(read_json(whole.path + "/sft/adapter_config.json"),
                       "base_model_name_or_path") == "../pretrain");
    // On record.
    SftOptions other = tuning_by_lora(whole.path);
    other.loop.trains = "lora:3";
    CHECK_THROWS_WITH_AS(sft(other), doctest::Contains("trains was \"lora:2\", now \"lora:3\""),
                         Error);
}

TEST_CASE("a process reward model: of the head alone, and by LoRA with layers of its own") {
    const Temporary folder;
    const std::string& run = folder.path;
    policy_of_lora_tests(run);
    sft(tuning_by_lora(run));
    labels_of_lora_tests(run);

    PrmOptions options = quiet<PrmOptions>(run);
    options.reward.epochs = 8;
    options.reward.loop.batch = 8;
    options.reward.loop.lr = 3e-2;
    options.reward.loop.warmup = 2;
    options.reward.loop.trains = "head";
    options.name = "prm-head";
    prm(options);
    CHECK(label_loss_of(run, "prm-head", false) == doctest::Approx(0.6931).epsilon(0.001));
    CHECK(label_loss_of(run, "prm-head", true) < 0.685);
    CHECK(!exists(run + "/prm-head/adapter_model.safetensors"));
    const engine::Gpt base = load_model(run, "sft"), head = load_model(run, "prm-head");
    CHECK(head.config.layers == base.config.layers);
    for (const engine::Parameter& p : base.parameters) {
        const auto now = head.parameter(p.name).value.values();
        CHECK(std::equal(p.value.values().begin(), p.value.values().end(), now.begin()));
    }
    CHECK(names_in(run + "/prm-head/state.safetensors").size() == 3 * 2);

    // Its file has the head alone.
    CHECK(names_in(run + "/prm-head/model.safetensors").size() == 2);
    CHECK(engine::trunk_of(run + "/prm-head/model.safetensors") ==
          std::filesystem::path(run + "/sft/model.safetensors").lexically_normal().string());

    // The same of a judge by its text: a head of the next token beside the policy's.
    options.judge = "text";
    options.name = "prm-text-head";
    options.reward.loop.save_every = 1;
    options.reward.loop.stop_after = 3;
    CHECK(prm(options) == Outcome::stopped);
    options.reward.loop.stop_after = 0;
    CHECK(prm(options) == Outcome::finished);
    const auto lines = read_jsonl(stage_file(run, "prm-text-head", "metrics.jsonl"));
    CHECK(number_field(lines.back(), "loss") < number_field(lines.front(), "loss"));
    const engine::Gpt writer = load_model(run, "prm-text-head");
    CHECK_FALSE(writer.config.tied);
    CHECK(names_in(run + "/prm-text-head/model.safetensors") ==
          std::vector<std::string>{"lm_head.weight"});
    options.judge = "head";

    options.reward.loop.trains = "lora:2";
    options.name = "prm-lora";
    prm(options);
    CHECK(label_loss_of(run, "prm-lora", true) < 0.66);
    const engine::Gpt model = load_model(run, "prm-lora");
    CHECK(model.config.layers == base.config.layers + 2);
    const JsonLine config = read_json(run + "/prm-lora/adapter_config.json");
    CHECK(string_field(config, "base_model_name_or_path") == "../sft");
    CHECK(strings_field(config, "modules_to_save") ==
          std::vector<std::string>{"layers.2", "layers.3", "score"});

    // Beside the policy that is its trunk a head reads what that has read, beside others not.
    search::StageModels models(run, 1);
    const auto shares = [&](const std::string& scorer, const std::string& policy) {
        return models.scorer_beside(scorer, models.file_of(policy))->on_proposers_trunk();
    };
    CHECK(shares("prm-text-head", "sft"));
    CHECK(shares("prm-head", "sft"));
    CHECK(shares("least:prm-head+prm-text-head", "sft"));
    CHECK_FALSE(shares("prm-text-head", "pretrain"));
    CHECK_FALSE(shares("prm-lora", "sft"));
    CHECK_FALSE(shares("least:prm-head+prm-lora", "sft"));
    CHECK(models.has("spread:prm-head+prm-lora"));
    CHECK_FALSE(models.has("spread:prm-head+prm-none"));
    const search::Path path{"1+2+3", {"3+3"}, false};
    const auto scores_of = [&](search::Scorer* scorer) {
        return scorer->score({&path, 1})[0].steps;
    };
    const auto beside = [&](const std::string& name) {
        return scores_of(models.scorer_beside(name, models.file_of("sft")));
    };
    CHECK(beside("prm-text-head") == scores_of(models.scorer("prm-text-head")));
    CHECK(beside("least:prm-head+prm-lora")[0] ==
          std::min(beside("prm-head")[0], beside("prm-lora")[0]));

    // PPO: policy and value function, both by LoRA; killed and resumed.
    const auto rl = [&](const std::string& name, int64_t stop_after) {
        PpoOptions ppo_options = quiet<PpoOptions>(run);
        ppo_options.rl.name = name;
        ppo_options.rl.loop.trains = "lora:2";
        ppo_options.rl.loop.batch = 8;
        ppo_options.rl.loop.save_every = 1;
        ppo_options.rl.loop.stop_after = stop_after;
        ppo_options.rl.minibatch = 4;
        ppo_options.rl.steps = 3;
        ppo_options.rl.epochs = 1;
        ppo_options.rl.max_tokens = 12;
        ppo_options.rl.reward = "verifier";
        ppo_options.value_from = "prm-lora";
        return ppo(ppo_options);
    };
    CHECK(rl("ppo-whole", 0) == Outcome::finished);
    CHECK(rl("ppo-cut", 2) == Outcome::stopped);
    CHECK(rl("ppo-cut", 0) == Outcome::finished);
    for (const char* name : kAdapterFiles) {
        CAPTURE(name);
        if (name == kAdapterFiles[0]) continue; // the model has the stage's name in it
        CHECK(read_file(run + "/ppo-whole/" + name) == read_file(run + "/ppo-cut/" + name));
    }
}

TEST_CASE("what has no head, or nothing learned yet, is refused in a sentence") {
    const Temporary folder;
    const std::string& run = folder.path;
    SftOptions tune = quiet<SftOptions>(run);
    tune.loop.trains = "head";
    CHECK_THROWS_WITH_AS(sft(tune),
                         "sft: --trains head: a model that writes has no scalar head to train: "
                         "expected all, or lora: and a rank",
                         Error);
    PpoOptions reinforce = quiet<PpoOptions>(run);
    reinforce.rl.loop.trains = "head";
    CHECK_THROWS_WITH_AS(ppo(reinforce), doctest::Contains("has no scalar head to train"), Error);
    PretrainOptions begin = quiet<PretrainOptions>(run);
    begin.loop.trains = "lora:8";
    CHECK_THROWS_WITH_AS(pretrain(begin),
                         "pretrain: --trains lora:8: what begins with random numbers is trained "
                         "whole: expected all",
                         Error);
    ValueOptions puzzle = quiet<ValueOptions>(run);
    puzzle.training.loop.trains = "lora:8";
    CHECK_THROWS_AS(davi(puzzle), Error);
    PrmOptions process = quiet<PrmOptions>(run);
    process.reward.loop.trains = "lora:none";
    CHECK_THROWS_WITH_AS(prm(process), doctest::Contains("--trains must be all, head or lora:"),
                         Error);
}
