// The stages in a row, tiny: they learn, resume to the same bytes, and do not depend on
// the number of threads.

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/nn/safetensors.h"
#include "engine/text/jsonl.h"
#include "search/models/run.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tests/train/tiny_training.h"
#include "tokenizer/fingerprint.h"
#include "train/annotation/label.h"
#include "train/data/corpus.h"
#include "train/data/sample.h"
#include "train/data/worlds/arithmetic/arithmetic_class.h"
#include "train/data/worlds/arithmetic/problems.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/reward.h"
#include "train/supervised/sft.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::train;

namespace {

void small_corpus(const std::string& run) {
    CorpusOptions options = quiet<CorpusOptions>(run);
    options.tokens = 20'000;
    options.curated = 40;
    corpus(options);
}

PretrainOptions tiny(const std::string& run) {
    PretrainOptions options = tiny_training(run, 20);
    options.loop.save_every = 7;
    options.val_every = 5;
    options.val_rows = 8;
    return options;
}

std::string bytes(const std::string& run, const std::string& stage) {
    return read_file(stage_file(run, stage, "model.safetensors")) +
           read_file(stage_file(run, stage, "state.safetensors")) +
           read_file(stage_file(run, stage, "metrics.jsonl")) +
           read_file(stage_file(run, stage, "done.json"));
}

double loss_at(const std::string& run, const std::string& stage, size_t line,
               const std::string& name = "loss") {
    return number_field(read_jsonl(stage_file(run, stage, "metrics.jsonl")).at(line), name);
}

// Solutions of known problems in place of sampled ones: a tiny model never ends one.
void write_solutions(const std::string& run) {
    std::vector<Json> lines;
    ProblemConfig config;
    config.min_operands = 3;
    const std::vector<Pupil> pupils = arithmetic_class(0.5);
    Random random(1, "test");
    for (const std::string& problem : draw_problems(config, Split::train, 150, 1)) {
        const auto steps = solve(draw_pupil(pupils, random), problem, random);
        lines.push_back(json_of(SampledSolution{problem, steps, true}));
    }
    make_folders(run + "/samples");
    write_jsonl(run + "/samples/solutions.jsonl", lines);
}

} // namespace

TEST_CASE("pre-training: the loss falls; killed and resumed, and at any threads: same bytes") {
    const Temporary whole, cut, threads;
    for (const Temporary* folder : {&whole, &cut, &threads}) small_corpus(folder->path);
    engine::set_threads(1);
    pretrain(tiny(whole.path));
    CHECK(loss_at(whole.path, "pretrain", 19) < loss_at(whole.path, "pretrain", 0) - 1);

    // Left off after 10 steps, with a state of step 7 and metrics up to step 9.
    PretrainOptions options = tiny(cut.path);
    options.loop.stop_after = 10;
    pretrain(options);
    CHECK(!exists(model_path(cut.path, "pretrain")));
    CHECK(read_jsonl(cut.path + "/pretrain/metrics.jsonl").size() == 10);
    PretrainOptions other = tiny(cut.path);
    other.loop.lr = 1e-3;
    CHECK_THROWS_WITH_AS(pretrain(other), doctest::Contains("lr was 0.01, now 0.001"), Error);
    pretrain(tiny(cut.path));
    CHECK(bytes(cut.path, "pretrain") == bytes(whole.path, "pretrain"));

    engine::set_threads(2);
    pretrain(tiny(threads.path));
    auto narrow = tiny(whole.path);
    narrow.context = 8; // fine-tuning would find out, hours later
    CHECK_THROWS_WITH_AS(pretrain(narrow), doctest::Contains("ask for --context"), Error);
    engine::set_threads(0);
    CHECK(bytes(threads.path, "pretrain") == bytes(whole.path, "pretrain"));
}

TEST_CASE("pre-training on a text of one's own") {
    const Temporary folder;
    small_corpus(folder.path);
    std::string text;
    for (int i = 0; i < 400; ++i) text += "{\"q\": \"one two\", \"a\": \"three four\"}\n";
    write_file_atomic(folder.path + "/text.jsonl", text);
    PretrainOptions options = tiny(folder.path);
    options.text = folder.path + "/text.jsonl";
    CHECK_THROWS_AS(pretrain(options), Error); // JSONL without --field
    options.fields = {"q", "a"};
    options.steps = 40;
    pretrain(options);
    CHECK(loss_at(folder.path, "pretrain", 39) < 0.6 * loss_at(folder.path, "pretrain", 0));
}

TEST_CASE("fine-tuning, sampling, labels, ORM and PRM in a row") {
    const Temporary folder;
    const std::string& run = folder.path;
    CHECK_THROWS_WITH_AS(sft(quiet<SftOptions>(run)), doctest::Contains("train corpus"), Error);
    small_corpus(run);
    CHECK_THROWS_WITH_AS(sft(quiet<SftOptions>(run)), doctest::Contains("train pretrain"), Error);
    pretrain(tiny(run));

    SftOptions tune = quiet<SftOptions>(run);
    tune.loop.lr = 1e-2;
    tune.loop.warmup = 1;
    tune.epochs = 6;
    sft(tune);
    const size_t last = read_jsonl(run + "/sft/metrics.jsonl").size() - 1;
    CHECK(loss_at(run, "sft", last) < loss_at(run, "sft", 0));

    SampleOptions draw = quiet<SampleOptions>(run);
    draw.problems = 40;
    draw.samples = 2;
    sample(draw);
    const engine::SafeTensorsReader tuned(model_path(run, "sft"));
    CHECK(tuned.text("tokenizer") == tokenizer::fingerprint(load_tokenizer(run)));
    CHECK(tuned.text("world") == "arithmetic");
    const std::string drawn = read_file(run + "/samples/solutions.jsonl");
    CHECK(read_solutions(run + "/samples/solutions.jsonl").size() <= 80);
    CHECK(read_solutions(run + "/samples/solutions.jsonl").size() > 40);
    // Interrupted after the first 32 problems, it keeps what stands there and goes on.
    std::filesystem::remove(run + "/samples/done.json");
    std::filesystem::remove(run + "/samples/solutions.jsonl");
    make_folders(run + "/samples/partial");
    const std::string mark = json_text(json_of(SampledSolution{"2+3", {"5"}, true})) + "\n";
    write_file_atomic(run + "/samples/partial/solutions-000000.jsonl", mark);
    sample(draw);
    const std::string resumed = read_file(run + "/samples/solutions.jsonl");
    CHECK(resumed.starts_with(mark));
    CHECK(resumed.size() < drawn.size());
    CHECK(drawn.ends_with(resumed.substr(mark.size())));
    CHECK(!exists(run + "/samples/partial"));

    write_solutions(run);
    label(quiet<LabelOptions>(run));
    const auto outcomes = read_outcomes(run + "/labels/outcomes.jsonl");
    CHECK(outcomes.size() == 150);
    CHECK(read_step_labels(run + "/labels/steps.jsonl").size() == 150);

    OrmOptions outcome = quiet<OrmOptions>(run);
    PrmOptions process = quiet<PrmOptions>(run);
    outcome.reward.epochs = process.reward.epochs = 8;
    outcome.reward.loop.lr = process.reward.loop.lr = 3e-3;
    outcome.reward.loop.warmup = process.reward.loop.warmup = 2;
    outcome.reward.loop.save_every = 7;
    orm(outcome);
    prm(process);
    // The head starts at zero: every text has the probability 1/2.
    CHECK(loss_at(run, "orm", 0, "label_loss") == doctest::Approx(0.6931).epsilon(0.001));
    CHECK(loss_at(run, "prm", 0, "label_loss") == doctest::Approx(0.6931).epsilon(0.001));
    const size_t orm_last = read_jsonl(run + "/orm/metrics.jsonl").size() - 1;
    const size_t prm_last = read_jsonl(run + "/prm/metrics.jsonl").size() - 1;
    CHECK(loss_at(run, "orm", orm_last, "label_loss") < 0.67);
    CHECK(loss_at(run, "prm", prm_last, "label_loss") < 0.67);
    CHECK(has_field(read_jsonl(run + "/prm/metrics.jsonl")[prm_last], "val_accuracy"));

    // The same bytes after a stop.
    const std::string before = bytes(run, "orm");
    outcome.reward.stage.force = true;
    outcome.reward.loop.stop_after = 10;
    orm(outcome);
    CHECK(bytes(run, "orm") == before);
    CHECK(exists(run + "/orm.new/state.safetensors"));
    outcome.reward.loop.stop_after = 0;
    orm(outcome);
    CHECK(bytes(run, "orm") == before);
    outcome.reward.stage.force = false;

    // The same outcomes, learned by next-token prediction, beside it.
    OrmOptions generative = outcome;
    generative.name = "orm-text";
    generative.judge = "text";
    CHECK(orm(generative) == Outcome::finished);
    CHECK(bytes(run, "orm") == before);
    const std::string file = model_path(run, "orm-text");
    CHECK(search::judges_by_text(file));
    CHECK(search::reading_of(file) == search::Reading::whole_solution);
    const size_t text_last = read_jsonl(run + "/orm-text/metrics.jsonl").size() - 1;
    CHECK(loss_at(run, "orm-text", text_last, "loss") < loss_at(run, "orm-text", 0, "loss"));
    generative.name = "prm";
    CHECK_THROWS_WITH_AS(orm(generative), doctest::Contains("--name must be orm"), Error);

    // Changed inputs make it another stage.
    write_file_atomic(run + "/labels/outcomes.jsonl",
                      json_text(json_of(OutcomeLabel{"2+3", {"5"}, true})) + "\n");
    CHECK_THROWS_WITH_AS(orm(outcome), doctest::Contains("inputs.labels"), Error);
}

TEST_CASE("every example of an epoch is in one batch, padded on the right") {
    std::vector<Example> examples;
    for (int i = 0; i < 103; ++i) {
        Example example;
        example.inputs.assign(static_cast<size_t>(1 + i % 13), i + 1);
        example.weights.assign(example.inputs.size(), 1.0f);
        examples.push_back(example);
    }
    std::vector<int> seen(examples.size(), 0);
    for (const auto& chosen : make_epoch(examples, 10, 1, 3)) {
        CHECK(chosen.size() <= 10);
        for (const int64_t i : chosen) ++seen[static_cast<size_t>(i)];
        const Batch batch = make_batch(examples, chosen);
        CHECK(batch.inputs.size() == static_cast<size_t>(batch.rows * batch.time));
        double asked = 0;
        for (size_t t = 0; t < batch.inputs.size(); ++t) {
            CHECK((batch.inputs[t] != 0) == (batch.weights[t] > 0));
            asked += batch.weights[t];
        }
        CHECK(asked == batch.asked);
    }
    for (const int count : seen) CHECK(count == 1);
    CHECK(make_epoch(examples, 10, 1, 3) == make_epoch(examples, 10, 1, 3));
    CHECK(make_epoch(examples, 10, 1, 3) != make_epoch(examples, 10, 1, 4));
}
