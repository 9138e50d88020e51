// Word problems in GSM8K's form go through the stages like any others.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/worlds/words/gsm8k.h"
#include "tests/paths.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tokenizer/files.h"
#include "tokenizer/train.h"
#include "train/annotation/label.h"
#include "train/data/corpus.h"
#include "train/data/sample.h"
#include "train/data/worlds/split.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::train;

namespace {

const std::string file = std::string(tests::source_dir) + "/tests/train/reference/gsm8k.jsonl";

} // namespace

TEST_CASE("word problems: pre-training, fine-tuning, sampling, labels, ORM and PRM") {
    const Temporary folder;
    const std::string& run = folder.path;
    const Temporary other; // for its tokenizer of bytes
    CorpusOptions bytes = quiet<CorpusOptions>(other.path);
    bytes.tokens = 2000;
    bytes.curated = 2;
    corpus(bytes);
    std::filesystem::copy(other.path + "/tokenizer", run + "/tokenizer");

    std::string text;
    for (int copy = 0; copy < 10; ++copy) text += read_file(file);
    write_file_atomic(run + "/text.jsonl", text);
    auto pre = quiet<PretrainOptions>(run);
    pre.text = run + "/text.jsonl";
    pre.fields = {"question", "answer"};
    pre.layers = 1;
    pre.width = 16;
    pre.heads = 2;
    pre.context = 256;
    pre.loop.batch = 2;
    pre.steps = 10;
    pre.loop.warmup = 1;
    pretrain(pre);

    auto tune = quiet<SftOptions>(run);
    tune.file = file;
    tune.loop.lr = 1e-2;
    tune.epochs = 3;
    sft(tune);
    const auto losses = read_jsonl(run + "/sft/metrics.jsonl");
    CHECK(number_field(losses.back(), "loss") < number_field(losses[0], "loss"));

    auto draw = quiet<SampleOptions>(run);
    draw.file = file;
    draw.world = "gsm8k:" + file;
    draw.problems = 4;
    draw.samples = 2;
    draw.step_tokens = 200;
    sample(draw);
    for (const SampledSolution& solution : read_solutions(run + "/samples/solutions.jsonl"))
        CHECK(solution.problem.find("?") != std::string::npos);
    draw.world = "arithmetic";
    draw.stage.force = true;
    CHECK_THROWS_WITH_AS(sample(draw), doctest::Contains("gsm8k.jsonl:1"), Error);

    // What is held out is left out, and a file of nothing else is refused.
    std::string held, free;
    for (int i = 0; held.empty() || free.empty(); ++i) {
        const std::string question = "What is 1 more than " + std::to_string(i) + "?";
        (held_out(question) ? held : free) = question;
    }
    const auto line_of = [](const std::string& question) {
        return Json{{"question", question}, {"answer", "It is 1.\n#### 1"}};
    };
    draw.file = run + "/more.jsonl";
    draw.world = "gsm8k:" + draw.file;
    write_jsonl(draw.file, std::vector<Json>{line_of(held), line_of(free)});
    sample(draw);
    for (const SampledSolution& solution : read_solutions(run + "/samples/solutions.jsonl"))
        CHECK(solution.problem == free);
    write_jsonl(draw.file, std::vector<Json>{line_of(held)});
    CHECK_THROWS_WITH_AS(sample(draw), doctest::Contains("all 1 problems are held out"), Error);

    // A model of this size ends no solution: the written ones, some with a wrong line, instead.
    std::vector<Json> lines;
    for (int copy = 0; copy < 5; ++copy)
        for (const CuratedItem& item : read_curated(file)) {
            SampledSolution right{item.problem, item.solution, true}, wrong = right;
            wrong.steps[1] = "That is <<1+1=3>>3.";
            lines.push_back(json_of(right));
            lines.push_back(json_of(wrong));
        }
    write_jsonl(run + "/samples/solutions.jsonl", lines);
    auto labelling = quiet<LabelOptions>(run);
    labelling.world = "gsm8k:" + file;
    label(labelling);
    const auto labels = read_step_labels(run + "/labels/steps.jsonl");
    REQUIRE(labels.size() == 60);
    CHECK(labels[0].labels == std::vector(3, search::Label::right));
    CHECK(labels[1].labels == std::vector{search::Label::right, search::Label::wrong});
    CHECK(labels[6].labels[0] == search::Label::neutral);          // "Each gets a third of them."
    CHECK(read_outcomes(run + "/labels/outcomes.jsonl")[1].right); // its answer is

    auto outcome = quiet<OrmOptions>(run);
    outcome.reward.extra_layers = 0;
    orm(outcome);
    CHECK(exists(model_path(run, "orm")));
    auto process = quiet<PrmOptions>(run);
    process.reward.extra_layers = 0;
    process.reward.loop.lr = 1e-2;
    process.reward.epochs = 4;
    prm(process);
    const auto metrics = read_jsonl(run + "/prm/metrics.jsonl");
    CHECK(number_field(metrics.back(), "label_loss") < number_field(metrics[0], "label_loss"));
}

TEST_CASE("a broken file of items is refused with its line, and nothing is begun") {
    const Temporary folder;
    const std::string path = folder.path + "/items.jsonl";
    write_file_atomic(path, R"({"question": "1?", "answer": "one"})"
                            "\n");
    CHECK_THROWS_WITH_AS(read_curated(path), doctest::Contains("items.jsonl:1"), Error);
}
