// A model of others goes through the stages: its steps are lines, its problems a file.

#include "engine/base/error.h"
#include "engine/formats/huggingface.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/exchange/import_model.h"
#include "search/models/run.h"
#include "search/models/stage_models.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tokenizer/files.h"
#include "train/annotation/label.h"
#include "train/annotation/rollout.h"
#include "train/data/problem_source.h"
#include "train/data/sample.h"
#include "train/data/worlds/split.h"
#include "train/q_learning/q.h"
#include "train/rl/grpo.h"
#include "train/supervised/orm.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::train;

namespace {

// Bytes and </s>: no token of ours.
tokenizer::Tokenizer foreign_tokenizer() {
    std::vector<std::string> tokens = tokenizer::byte_tokens();
    tokens.emplace_back("</s>");
    return tokenizer::Tokenizer(std::move(tokens), {}, {256});
}

// A llama with shared keys that likes digits, line feeds, "#" and </s>. It knows three tokens more
// than its tokenizer.
engine::Gpt foreign_model() {
    engine::GptConfig config;
    config.family = engine::Family::llama;
    config.layers = 1;
    config.heads = 4;
    config.kv_heads = 2;
    config.width = 16;
    config.context = 192;
    config.vocab = 260;
    engine::Gpt model(config, Random(7, "imported_test"));
    engine::Tensor& table = model.parameter("model.embed_tokens.weight").value;
    for (int64_t token = 0; token < config.vocab; ++token) table[token * 16] = 0;
    engine::Tensor& gain = model.parameter("model.norm.weight").value;
    gain[0] = 6;
    for (const int token : foreign_tokenizer().encode("0123456789#\n")) {
        table[token * 16] = 0.6f;
        for (int64_t i = 1; i < 16; ++i) table[token * 16 + i] *= 0.3f;
    }
    table[256 * 16] = 0.4f;
    return model;
}

void write_problems(const std::string& path, int count) {
    std::vector<Json> lines;
    for (int i = 0; i < count; ++i) {
        const std::string sum = std::to_string(i) + "+7";
        const std::string value = std::to_string(i + 7);
        lines.push_back(
            {{"question", "Ada has " + std::to_string(i) + " pens and gets 7. How many has she?"},
             {"answer",
              "It is " + sum + "=<<" + sum + "=" + value + ">>" + value + ".\n#### " + value}});
    }
    write_jsonl(path, lines);
}

} // namespace

TEST_CASE("an imported model is sampled, labelled, judged and trained") {
    const Temporary folder;
    const std::string from = folder / "foreign", run = folder / "run";
    make_folders(from);
    engine::HfConfig config;
    config.gpt = foreign_model().config;
    config.ends = {{}, {256}};
    engine::write_huggingface(from, foreign_model(), config);
    tokenizer::save_tokenizer(foreign_tokenizer(), from);
    write_problems(folder / "pens.jsonl", 120);

    search::ImportOptions bring;
    bring.path = from;
    bring.run = run;
    bring.problems = folder / "pens.jsonl";
    bring.quiet = true;
    search::import_model(bring);
    CHECK(search::has_problems(run));
    CHECK(world_of(run).starts_with("gsm8k:"));
    CHECK(tokenizer::load_tokenizer(run + "/tokenizer").form() == tokenizer::form_named("gsm8k"));

    // The problems fall on all sides by their hash, each on one.
    const ProblemSource source = problem_source_of(run);
    size_t all = 0;
    for (const Split split : {Split::train, Split::dev, Split::test}) {
        const auto drawn = draw_problems(source, split, 1000, 1);
        CHECK(!drawn.empty());
        all += drawn.size();
        for (const std::string& problem : drawn) CHECK(split_of(problem) == split);
    }
    CHECK(all == 120);

    auto draw = quiet<SampleOptions>(run);
    draw.problems = 12;
    draw.samples = 4;
    draw.step_tokens = 20;
    sample(draw);
    int finished = 0;
    const auto solutions = read_solutions(run + "/samples/solutions.jsonl");
    for (const SampledSolution& solution : solutions) {
        finished += solution.finished;
        CHECK(!held_out(solution.problem));
        for (const std::string& step : solution.steps) CHECK(step.find('\n') == std::string::npos);
    }
    CHECK(finished > 5);
    label(quiet<LabelOptions>(run));
    CHECK(!read_jsonl(run + "/labels/steps.jsonl").empty());

    auto judge = quiet<OrmOptions>(run);
    judge.reward.epochs = 1;
    CHECK(orm(judge) == Outcome::finished);
    auto critic = quiet<PrmOptions>(run);
    critic.reward.epochs = 1;
    critic.reward.loop.trains = "lora:2";
    CHECK(prm(critic) == Outcome::finished);
    CHECK(exists(run + "/prm/adapter_model.safetensors"));

    auto roll = quiet<RolloutOptions>(run);
    roll.rollouts = 2;
    roll.limit = 4;
    rollout(roll);
    CHECK(!read_jsonl(run + "/rollout/steps.jsonl").empty());
    auto value = quiet<QOptions>(run);
    value.problems = 4;
    value.explore.samples = 2;
    value.explore.proposals = 2;
    value.iterations = 2;
    CHECK(q(value) == Outcome::finished);

    auto tune = quiet<SftOptions>(run);
    tune.file = bring.problems;
    tune.name = "sft-pens";
    tune.epochs = 1;
    CHECK(sft(tune) == Outcome::finished);
    const auto losses = read_jsonl(run + "/sft-pens/metrics.jsonl");
    CHECK(number_field(losses.back(), "loss") < number_field(losses[0], "loss"));

    auto learn = quiet<GrpoOptions>(run);
    learn.rl.steps = 1;
    CHECK(grpo(learn) == Outcome::finished);

    // All of them are models of the run, and search together.
    search::StageModels models(run, 1);
    search::ProposeRequest request;
    request.path.problem = draw_problems(source, Split::test, 1, 1)[0];
    request.samples = 4;
    const auto drawn = models.policy("grpo").complete({&request, 1});
    for (const char* stage : {"orm", "prm", "q"}) {
        for (const search::Solution& solution : drawn[0]) {
            const auto scores = models.scorer(stage)->score({&solution.path, 1});
            CHECK(scores[0].steps.size() == solution.path.steps.size());
        }
    }

    // Moved, it is the same run.
    std::filesystem::rename(run, folder / "moved");
    CHECK_NOTHROW(search::StageModels(folder / "moved", 1).scorer("prm"));
}

TEST_CASE("problems of an imported run are replaced only on demand") {
    const Temporary folder;
    const std::string from = folder / "foreign";
    make_folders(from);
    engine::HfConfig config;
    config.gpt = foreign_model().config;
    engine::write_huggingface(from, foreign_model(), config);
    tokenizer::save_tokenizer(foreign_tokenizer(), from);
    write_problems(folder / "a.jsonl", 40);
    write_problems(folder / "b.jsonl", 41);
    search::ImportOptions bring;
    bring.path = from;
    bring.run = folder / "run";
    bring.problems = folder / "a.jsonl";
    bring.quiet = true;
    search::import_model(bring);
    std::filesystem::remove_all(bring.run + "/pretrain");
    std::filesystem::remove_all(bring.run + "/sft");
    bring.problems = folder / "b.jsonl";
    CHECK_THROWS_WITH_AS(search::import_model(bring), doctest::Contains("problems already"), Error);
    CHECK(read_file(search::problems_file(bring.run)) == read_file(folder / "a.jsonl"));
    bring.force = true;
    search::import_model(bring);
    CHECK(read_file(search::problems_file(bring.run)) == read_file(folder / "b.jsonl"));
    bring.problems = folder.file("none.jsonl", "{\"question\": \"?\"}\n");
    CHECK_THROWS_WITH_AS(search::import_model(bring), doctest::Contains("answer"), Error);
    bring.problems.clear();
    bring.text = "no such form";
    CHECK_THROWS_WITH_AS(search::import_model(bring), doctest::Contains("no such form"), Error);
}

TEST_CASE("of a file of many problems all can be had, each once, in an order by the seed") {
    ProblemSource source;
    std::vector<std::string>& side = source.listed[Split::train];
    for (int i = 0; i < 20'000; ++i) side.push_back(std::to_string(i));
    const auto all = draw_problems(source, Split::train, 30'000, 1);
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == 20'000);
    CHECK(all.size() == 20'000);
    CHECK(all != draw_problems(source, Split::train, 30'000, 2));
    CHECK(draw_problems(source, Split::train, 7, 1) ==
          std::vector<std::string>(all.begin(), all.begin() + 7));
}
