#include "train/data/sample.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/worlds/make_world.h"
#include "search/worlds/problems.h"
#include "train/data/problem_source.h"
#include "train/run/corpus_format.h"
#include "train/run/resumable_map.h"
#include "train/run/stage.h"

#include <algorithm>
#include <fmt/core.h>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

constexpr int64_t kChunkProblems = 256; // a file of partial results

void check(const SampleOptions& options) {
    check(flags_of(options));
    if (options.file.empty() && (options.form.target || options.form.skip_bad))
        fail("--target and --skip-bad are for problems of a --file, found without one");
}

// The first different ones of the file that are not held out, or as many drawn ones of the
// training side.
std::vector<std::string> problems_to_solve(const SampleOptions& options, uint64_t seed) {
    if (options.file.empty())
        return draw_problems(problem_source_of(options.stage.run, options.min_operands),
                             Split::train, options.problems, seed);
    const auto world = search::make_world(world_of(options.stage.run, options.world));
    std::vector<std::string> problems;
    std::set<std::string> seen;
    int64_t left_out = 0;
    for (const auto& line : search::read_problems(*world, options.file, options.form)) {
        if (std::ssize(problems) == options.problems) break;
        if (!seen.insert(line.problem).second) continue;
        if (held_out(line.problem))
            ++left_out;
        else
            problems.push_back(line.problem);
    }
    if (problems.empty())
        fail("{}: all {} problems are held out: nothing is trained on them", options.file,
             left_out);
    if (left_out > 0 && !options.stage.quiet)
        fmt::print("sample: {} held-out problems of {} left out\n", left_out, options.file);
    return problems;
}

} // namespace

std::vector<SampledSolution> solve_problems(search::Proposer& proposer,
                                            std::span<const std::string> problems, int64_t first,
                                            const SampleOptions& options) {
    std::vector<search::ProposeRequest> requests;
    for (size_t i = 0; i < problems.size(); ++i) {
        search::ProposeRequest request;
        request.path.problem = problems[i];
        request.samples = static_cast<int>(options.samples);
        request.temperature = static_cast<float>(options.temperature);
        request.calculator = options.calculator;
        request.stream = derive_stream(hash_name("train/sample"), static_cast<uint64_t>(first) + i);
        requests.push_back(std::move(request));
    }
    std::vector<SampledSolution> kept;
    for (const auto& solutions : proposer.complete(requests)) {
        std::set<std::vector<std::string>> seen;
        for (const search::Solution& solution : solutions) {
            const search::Path& path = solution.path;
            if (any_held_out(path.steps)) continue;
            if (options.distinct && !seen.insert(path.steps).second) continue;
            kept.push_back({path.problem, path.steps, path.finished});
        }
    }
    return kept;
}

void describe(Flags& f, SampleOptions& o) {
    describe(f, o.stage);
    const bool of_file = !o.file.empty();
    f.number("problems", o.problems, 1, kMost, "different problems");
    f.number("samples", o.samples, 1, 1'000'000, "solutions of each");
    f.number("temperature", o.temperature, 0, 100, "of the draws");
    f.number("min-operands", o.min_operands, 0, 8, "of the problems; 0: as in the corpus");
    f.text("from", o.from, "stage whose model solves: sft, pretrain, ...");
    f.truth("distinct", o.distinct, "keep equal solutions of a problem only once");
    f.text("file", o.file, "of problems, instead of drawing them").content();
    f.number("target", o.form.target, -kUnbounded, kUnbounded,
             "of all problems of a countdown file")
        .only_if(of_file);
    f.mark("skip-bad", o.form.skip_bad, "leave bad lines of the file out")
        .only_if(of_file && o.form.skip_bad);
    f.text("world", o.world, "world of the problems in the file: gsm8k:FILE")
        .offers({"gsm8k:"})
        .only_if(of_file);
    f.number("step-tokens", o.step_tokens, 1, 100'000, "of a step at most")
        .only_if(o.step_tokens != search::ProposerLimits{}.step_tokens);
    f.mark("calculator", o.calculator, "what stands behind \"<<48/2=\" is calculated")
        .only_if(o.calculator);
}

void sample(const SampleOptions& options) {
    check(options);
    const uint64_t seed = seed_of(options.stage);
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    SampleOptions recorded = options;
    if (!options.file.empty()) recorded.world = world_of(options.stage.run, options.world);
    Json flags = stage_record(recorded);
    flags["inputs"] = {{"model.safetensors", input(model_path(options.stage.run, options.from))}};
    if (!options.file.empty()) flags["inputs"]["file"] = input(options.file);
    const auto problems = problems_to_solve(options, seed);
    Stage stage(options.stage, "sample", flags);
    if (stage.done()) return;

    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.stage.run);
    const engine::Gpt model = load_model(options.stage.run, options.from);
    check_vocab(model, tokenizer, options.stage.run);
    search::ProposerLimits limits = limits_of(options.stage.run);
    limits.step_tokens = options.step_tokens;
    search::GptProposer proposer(model, tokenizer, seed, limits);

    const std::string path = resumable_map(
        stage, "solutions.jsonl", "problems", std::ssize(problems), kChunkProblems,
        [&](int64_t first, int64_t count) {
            const auto these =
                std::span(problems).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
            std::vector<Json> lines;
            for (const auto& solution : solve_problems(proposer, these, first, options))
                lines.push_back(json_of(solution));
            return lines;
        });
    int64_t finished = 0;
    const auto solutions = read_solutions(path);
    for (const SampledSolution& solution : solutions) finished += solution.finished;
    stage.finish(Json{{"solutions", solutions.size()}, {"finished", finished}});
}

} // namespace qstar::train
