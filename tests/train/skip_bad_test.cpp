// One bad line among many: told with the others, or left out by --skip-bad.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/program.h"
#include "tests/refusal.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "train/annotation/label.h"
#include "train/annotation/rank.h"
#include "train/data/corpus.h"
#include "train/data/labels.h"
#include "train/data/ranks.h"
#include "train/preference/bradley_terry.h"
#include "train/preference/dpo.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <functional>
#include <span>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::train;

namespace {

struct FileRun : Temporary {
    FileRun() {
        auto text = quiet<CorpusOptions>(path);
        text.tokens = 20'000;
        text.curated = 8;
        corpus(text);
        auto pre = quiet<PretrainOptions>(path);
        pre.layers = 1;
        pre.width = 16;
        pre.heads = 2;
        pre.context = 64;
        pre.loop.batch = 4;
        pre.steps = 10;
        pre.loop.warmup = 2;
        pretrain(pre);
    }
};

const std::vector<std::string> bad_lines = {"{\"prompt\": ",         "[]",
                                            "{\"prompt\": \"1+1\"}", "{\"question\": 7}",
                                            "{\"problem\": 1e999}",  "{\"prompt\": \"\"}"};

// Good lines, and the same with bad ones among them.
std::pair<std::string, std::string> with_bad_lines(std::span<const Json> lines) {
    std::string good, mixed;
    for (size_t i = 0; i < lines.size(); ++i) {
        if (i < bad_lines.size()) mixed += bad_lines[i] + "\n";
        good += json_text(lines[i]) + "\n";
        mixed += json_text(lines[i]) + "\n";
    }
    return {good, mixed};
}

// The stage refuses the file with bad lines, telling of them all; with skip_bad it makes of it
// what it makes of the good lines alone.
template <class Options>
void leaves_out(const FileRun& run, Options options, const char* file,
                std::function<void(const Options&)> stage, const std::string& result,
                std::vector<Json> lines, const std::string& too_long = "") {
    CAPTURE(result);
    auto [good, mixed] = with_bad_lines(lines);
    if (!too_long.empty()) mixed += too_long + "\n";
    const size_t bad = bad_lines.size() + !too_long.empty();
    flag_in<std::string>(options, file) = run.file("good.jsonl", good);
    stage(options);
    const std::string expected = read_file(run / result);
    flag_in<bool>(options, "force") = true;
    flag_in<std::string>(options, file) = run.file("mixed.jsonl", mixed);
    const std::string sentence = tests::refusal_of([&] { stage(options); });
    CAPTURE(sentence);
    CHECK(sentence.starts_with(
        fmt::format("{}: {} bad lines (--skip-bad", flag_in<std::string>(options, file), bad)));
    for (size_t i = 0; i < 5; ++i)
        CHECK(sentence.find(fmt::format("\n  {}:{}: ", flag_in<std::string>(options, file),
                                        2 * i + 1)) != std::string::npos);
    CHECK(sentence.find(":11: ") == std::string::npos);
    flag_in<bool>(options, "skip-bad") = true;
    stage(options);
    CHECK(read_file(run / result) == expected);
    const std::string folder = result.substr(0, result.rfind('/'));
    const Json flags = read_json(run / (folder + "/done.json")).value["flags"];
    CHECK(flags["skip-bad"] == true);
}

template <class Options>
Options few_steps(const FileRun& run) {
    auto options = quiet<Options>(run.path);
    flag_in<int64_t>(options, "warmup") = 2;
    flag_in<int64_t>(options, "batch") = 4;
    return options;
}

} // namespace

TEST_CASE("stages tell of all bad lines of a file, or leave them out") {
    const FileRun run;
    const std::string digits(200, '1');
    std::vector<Json> items, outcomes, steps, ranks, solutions;
    for (int i = 1; i < 10; ++i)
        for (int j = 1; j < 5; ++j) {
            const std::string problem = fmt::format("{}+{}+1", i, j);
            const std::vector<std::string> right = {fmt::format("{}+1", i + j),
                                                    fmt::format("{}", i + j + 1)};
            items.push_back(Json{{"problem", problem}, {"solution", right}});
            outcomes.push_back(json_of(OutcomeLabel{problem, right, j % 2 == 0}));
            steps.push_back(
                Json{{"prompt", problem}, {"completions", right}, {"labels", {true, j % 2 == 0}}});
            ranks.push_back(json_of(RankedPair{problem, right, {"7"}}));
            solutions.push_back(json_of(SampledSolution{problem, right, true}));
            solutions.push_back(json_of(SampledSolution{problem, {"7"}, true}));
        }
    leaves_out<SftOptions>(run, few_steps<SftOptions>(run), "file", sft, "sft/model.safetensors",
                           items, "{\"problem\":\"1+2+3\",\"solution\":[\"" + digits + "\"]}");
    leaves_out<OrmOptions>(run, few_steps<OrmOptions>(run), "labels", orm, "orm/model.safetensors",
                           outcomes, json_text(json_of(OutcomeLabel{"1+2+3", {digits}, true})));
    leaves_out<PrmOptions>(
        run, few_steps<PrmOptions>(run), "labels", prm, "prm/model.safetensors", steps,
        "{\"prompt\":\"1+2+3\",\"completions\":[\"" + digits + "\"],\"labels\":[true]}");
    leaves_out<BradleyTerryOptions>(run, few_steps<BradleyTerryOptions>(run), "labels", reward,
                                    "reward/model.safetensors", ranks,
                                    json_text(json_of(RankedPair{"1+2+3", {digits}, {"7"}})));
    auto dpo_options = few_steps<DpoOptions>(run);
    dpo_options.kl_episodes = 0;
    leaves_out<DpoOptions>(run, dpo_options, "labels", dpo, "dpo/model.safetensors", ranks);
    leaves_out<LabelOptions>(
        run, quiet<LabelOptions>(run.path), "solutions",
        [](const LabelOptions& options) { label(options); }, "labels/steps.jsonl", solutions);
    leaves_out<RankOptions>(
        run, quiet<RankOptions>(run.path), "solutions",
        [](const RankOptions& options) { rank(options); }, "ranks/ranks.jsonl", solutions);
}

TEST_CASE("the program says how many bad lines it leaves out") {
    const FileRun run;
    const std::string file =
        run.file("items.jsonl", "{\"problem\":\"1+2+3\",\"solution\":[\"3+3\",\"6\"]}\n"
                                "{\"problem\":\"\x1b[2J\"}\n"
                                "{\"problem\":\"1+2+4\",\"solution\":[\"3+4\",\"7\"]}\n"
                                "{\"problem\":\"1+2+5\",\"solution\":[]}\n");
    const std::string call = fmt::format("train sft --run {} --file {} --batch 1", run.path, file);
    const auto refused = tests::run_program(run, call);
    CHECK(refused.status == 2);
    CHECK(tests::contains(refused.error, "2 bad lines (--skip-bad goes on without them):"));
    CHECK(tests::contains(refused.error, file + ":2: not JSON: "));
    CHECK(refused.error.find('\x1b') == std::string::npos);
    const auto done = tests::run_program(run, call + " --skip-bad");
    CHECK(done.status == 0);
    CHECK(tests::contains(done.out,
                          "sft: 2 bad lines of " + file + " left out, the first: " + file + ":2:"));
}

TEST_CASE("the program says that a solution is judged both right and wrong") {
    const FileRun run;
    make_folders(run / "sft");
    write_file_atomic(run / "sft/model.safetensors", read_file(run / "pretrain/model.safetensors"));
    const std::string outcome = R"({"prompt":"1+2+3","completion":"3+3\n6","label":)";
    const std::string file =
        run.file("o.jsonl", outcome + "true}\n" + outcome + "false}\n" + outcome + "true}\n");
    const auto done = tests::run_program(
        run, fmt::format("train orm --run {} --labels {} --batch 1", run.path, file));
    CHECK(done.status == 0);
    CHECK(
        tests::contains(done.out, "orm: judged both right and wrong: 1 solution; each judgement"));
}
