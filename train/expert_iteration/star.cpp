#include "train/expert_iteration/star.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/run/corpus_format.h"
#include "train/run/resumable_map.h"
#include "train/supervised/sft.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

std::string star_round_name(int64_t round) { return fmt::format("round-{}", round); }

Json record_of(StarOptions options) {
    options.world = world_of(options.run, options.world);
    Json flags = stage_record(options);
    flags["inputs"] = {{"model.safetensors", input(model_path(options.run, options.from))}};
    return flags;
}

// The likeliest solution of each problem, NAME in the stage's folder.
std::vector<SampledSolution> write_solutions(const Stage& stage, const std::string& name,
                                             std::span<const std::string> problems,
                                             search::Proposer& proposer) {
    constexpr int64_t chunk_problems = 256;
    return read_solutions(resumable_map(
        stage, name, "problems", static_cast<int64_t>(problems.size()), chunk_problems,
        [&](int64_t first, int64_t count) {
            std::vector<search::ProposeRequest> requests;
            for (int64_t i = first; i < first + count; ++i)
                requests.push_back({{problems[static_cast<size_t>(i)], {}, false}, 1, 0, 0});
            std::vector<Json> lines;
            for (const auto& solutions : proposer.complete(requests))
                for (const search::Solution& solution : solutions)
                    lines.push_back(json_of(SampledSolution{
                        solution.path.problem, solution.path.steps, solution.path.finished}));
            return lines;
        }));
}

bool is_right(const SampledSolution& solution, const std::string& problem,
              const search::World& world) {
    return world.solved({problem, solution.steps, solution.finished});
}

Json play_round(const StarOptions& options, const Stage& whole, int64_t round,
                const search::World& world, const tokenizer::Tokenizer& tokenizer,
                std::span<const std::string> problems, std::span<const std::string> dev) {
    Stage stage(whole, star_round_name(round), Json{{"round", round}});
    if (stage.done()) return stage.result();
    const std::string start = model_path(options.run, options.from);
    const engine::Gpt policy = load_model(
        round == 1 ? start : whole.path(star_round_name(round - 1) + "/policy/model.safetensors"));
    search::GptProposer proposer(policy, tokenizer, seed_of(options), limits_of(options.run));

    // Step 1: rationales.
    const auto solutions = write_solutions(stage, "rationales.jsonl", problems, proposer);

    // Step 2: rationalisation.
    std::vector<std::string> with_hints;
    for (const SampledSolution& solution : solutions)
        if (options.rationalise && !is_right(solution, solution.problem, world))
            with_hints.push_back(hinted(solution.problem, world.answer(solution.problem)));
    const auto rationalised = write_solutions(stage, "rationalised.jsonl", with_hints, proposer);

    // Step 3: the right ones.
    const StarItems kept = right_ones(solutions, rationalised, world);

    // Step 4: the model of the start learns them.
    std::vector<CuratedItem> items = kept.rationales;
    items.insert(items.end(), kept.rationalised.begin(), kept.rationalised.end());
    for (size_t i = 0, n = items.size(); options.rationalise && i < n; ++i)
        items.push_back(
            {hinted(items[i].problem, world.answer(items[i].problem)), items[i].solution});
    const std::string file = write_items(stage.path("learned.jsonl"), items);
    Stage policy_stage(stage, "policy", Json{{"round", round}, {"learned", input(file)}});
    if (!policy_stage.done())
        imitate(options, options.epochs, policy_stage, load_model(start), items, file);
    if (!policy_stage.done()) return {}; // told to stop

    const engine::Gpt learned = load_model(policy_stage.model());
    search::GptProposer student(learned, tokenizer, seed_of(options), limits_of(options.run));
    const Json result{{"problems", problems.size()},
                      {"rationales", kept.rationales.size()},
                      {"rationalised", kept.rationalised.size()},
                      {"hints", with_hints.size()},
                      {"sound_rationales", sound_share(kept.rationales, world)},
                      {"sound_rationalised", sound_share(kept.rationalised, world)},
                      {"dev_greedy", json_of(score_greedily(dev, student, world))}};
    stage.finish(result);
    return result;
}

void say(const StarOptions& options, int64_t round, const Json& result) {
    if (options.quiet) return;
    fmt::print("star, round {}: greedy {} of {} dev problems", round,
               result["dev_greedy"]["solved"].get<int64_t>(),
               result["dev_greedy"]["n"].get<int64_t>());
    if (result.contains("hints"))
        fmt::print("; learned from {} rationales and {} of {} with a hint",
                   result["rationales"].get<int64_t>(), result["rationalised"].get<int64_t>(),
                   result["hints"].get<int64_t>());
    fmt::print("\n");
    std::fflush(stdout);
}

} // namespace

std::string hinted(const std::string& problem, const std::string& answer) {
    return problem + "=" + answer;
}

StarItems right_ones(std::span<const SampledSolution> solutions,
                     std::span<const SampledSolution> with_hint, const search::World& world) {
    StarItems items;
    for (const SampledSolution& solution : solutions)
        if (teachable(solution) && is_right(solution, solution.problem, world))
            items.rationales.push_back({solution.problem, solution.steps});
    for (const SampledSolution& solution : with_hint) {
        const std::string problem = solution.problem.substr(0, solution.problem.rfind('='));
        if (teachable(solution) && is_right(solution, problem, world))
            items.rationalised.push_back({problem, solution.steps});
    }
    return items;
}

void describe(Flags& f, StarOptions& o) {
    describe(f, static_cast<LoopOptions&>(o));
    f.text("from", o.from, "stage whose model begins");
    f.number("rounds", o.rounds, 1, 100'000, "of writing and learning");
    f.number("problems", o.problems, 1, most, "training problems");
    f.number("epochs", o.epochs, 1, most, "passes over what a round found");
    f.truth("rationalise", o.rationalise, "try again with the answer as a hint");
    f.number("dev-problems", o.dev_problems, 1, most, "on which each round is measured");
    f.text("world", o.world, "world of the problems");
}

void star(const StarOptions& options) {
    check(flags_of(options));
    if (options.rationalise) require_steps(options.run, "train star --rationalise");
    require(options.run, options.from, model_path(options.run, options.from));
    Stage stage(options, "star", record_of(options));
    if (stage.done()) return;
    make_folders(stage.path("partial")); // it has begun

    const uint64_t seed = seed_of(options);
    const auto world = search::make_world(world_of(options.run, options.world));
    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.run);
    const auto problems = problems_for(options.run, Split::train, options.problems, seed);
    const auto dev = problems_for(options.run, Split::dev, options.dev_problems, seed);
    std::vector<Json> rounds;
    {
        const engine::Gpt start = load_model(options.run, options.from);
        check_vocab(start, tokenizer, options.run);
        search::GptProposer proposer(start, tokenizer, seed, limits_of(options.run));
        rounds.push_back(Json{{"dev_greedy", json_of(score_greedily(dev, proposer, *world))}});
        say(options, 0, rounds.back());
    }
    for (int64_t round = 1; round <= options.rounds; ++round) {
        const Json result = play_round(options, stage, round, *world, tokenizer, problems, dev);
        if (result.is_null()) return; // told to stop
        rounds.push_back(result);
        say(options, round, result);
    }
    MetricsLog metrics(stage.path("metrics.jsonl"), 0);
    for (size_t round = 0; round < rounds.size(); ++round)
        metrics.write(static_cast<int64_t>(round), rounds[round]);
    write_file_atomic(stage.model(), read_file(stage.path(star_round_name(options.rounds) +
                                                          "/policy/model.safetensors")));
    stage.finish(Json{{"rounds", rounds}});
}

} // namespace qstar::train
