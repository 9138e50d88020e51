#include "train/self_play.h"

#include "engine/checkpoint/checkpoint.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"
#include "search/gpt_proposer.h"
#include "search/gpt_scorer.h"
#include "search/stream.h"
#include "train/chunks.h"
#include "train/classroom.h"
#include "train/sft.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace qstar::train {

namespace {

std::string round_stage(int64_t round) { return fmt::format("self-play/round-{}", round); }

void check(const SelfPlayOptions& options) {
    check(static_cast<const LoopOptions&>(options));
    check(options.search);
    check(options.q);
    if (options.rounds < 1) fail("--rounds must be 1 or more, found {}", options.rounds);
    if (options.problems < 1) fail("--problems must be 1 or more, found {}", options.problems);
    if (options.epochs < 1) fail("--epochs must be 1 or more, found {}", options.epochs);
    if (options.keep < 1) fail("--keep must be 1 or more, found {}", options.keep);
    if (options.dev_problems < 1)
        fail("--dev-problems must be 1 or more, found {}", options.dev_problems);
}

Json flags_of(const SelfPlayOptions& options) {
    Json flags = flags_of(static_cast<const LoopOptions&>(options));
    flags["from"] = options.from;
    flags["problems"] = options.problems;
    flags["epochs"] = options.epochs;
    flags["keep"] = options.keep;
    flags["restart"] = options.restart;
    flags["guided"] = options.guided;
    flags["dev-problems"] = options.dev_problems;
    flags["search"] = flags_of(options.search);
    flags["q"] = {{"explore", flags_of(options.q.explore)},
                  {"lr", options.q.lr},
                  {"batch", options.q.batch},
                  {"epochs", options.q.epochs},
                  {"iterations", options.q.iterations},
                  {"start", options.q.start}};
    flags["inputs"] = {{"model.safetensors", input(model_path(options.run, options.from))}};
    return flags;
}

// The options of a part of this stage, which has a folder and a record of its own.
template <class Options>
Options part(Options options, const SelfPlayOptions& of) {
    options.run = of.run;
    options.seed = seed_of(of);
    options.force = false;
    options.quiet = of.quiet;
    return options;
}

bool finished(const SelfPlayOptions& options, const std::string& stage) {
    return exists(stage_file(options.run, stage, "done.json"));
}

// One round; what it came to, or nothing if it was told to stop.
Json play_round(const SelfPlayOptions& options, int64_t round, const search::World& world,
                const tokenizer::Tokenizer& tokenizer, std::span<const std::string> dev) {
    const uint64_t seed = seed_of(options);
    const std::string stage = round_stage(round);
    const std::string before = round == 1 ? options.from : round_stage(round - 1) + "/policy";
    const auto own = part(options, options);
    if (!begin_stage(own, stage, Json{{"round", round}}))
        return read_json(stage_file(options.run, stage, "done.json")).value["result"];

    const engine::Gpt policy = load_model(options.run, before);
    search::GptProposer proposer(policy, tokenizer,
                                 search::mix(seed, static_cast<uint64_t>(round)));
    const auto problems = problems_for(options.run, Split::train, options.problems,
                                       search::mix(seed, static_cast<uint64_t>(round)));

    // Step 1: explore.
    QOptions q = part(options.q, options);
    q.stop_after = options.stop_after;
    q.save_every = options.save_every;
    if (begin_stage(q, stage + "/q", Json{{"round", round}})) {
        make_rollouts(q, stage + "/q", problems, proposer, world, q.explore);
        // Step 2: evaluate.
        if (options.guided) {
            fit_q(q, stage + "/q", policy);
            if (!finished(options, stage + "/q")) return {};
        } else {
            finish_stage(q, stage + "/q", Json::object());
        }
        remove_chunks(q, stage + "/q");
    }
    const auto rollouts = read_rollouts(stage_file(options.run, stage + "/q", "rollouts.jsonl"));

    // Step 3: search.
    std::optional<engine::Gpt> values;
    std::optional<search::GptScorer> scorer;
    std::vector<SampledSolution> searched;
    if (options.guided) {
        values = load_model(options.run, stage + "/q");
        scorer.emplace(*values, tokenizer);
        searched = search_problems(own, stage, problems, proposer, &*scorer, options.search, world);
    }

    // Step 4: confirm.
    const std::vector<CuratedItem> confirmed = confirm(searched, rollouts, world, options.keep);
    const std::string file = write_items(own, stage, "confirmed.jsonl", confirmed);

    // Step 5: learn.
    if (begin_stage(own, stage + "/policy", Json{{"round", round}, {"confirmed", input(file)}})) {
        const engine::Gpt start = load_model(options.run, options.restart ? options.from : before);
        imitate(own, options.epochs, stage + "/policy", start, confirmed, file);
        if (!finished(options, stage + "/policy")) return {};
    }

    // Step 6: measure.
    const engine::Gpt learned = load_model(options.run, stage + "/policy");
    search::GptProposer student(learned, tokenizer, seed);
    std::set<std::string> rolled_out, found;
    for (const Rollout& rollout : rollouts)
        if (rollout.right) rolled_out.insert(rollout.path.problem);
    for (const SampledSolution& solution : searched)
        if (world.solved({solution.problem, solution.steps, solution.finished}))
            found.insert(solution.problem);
    Json result{{"problems", options.problems},
                {"solved_by_rollouts", rolled_out.size()},
                {"solved_by_search", found.size()},
                {"confirmed", confirmed.size()},
                {"sound", sound_share(confirmed, world)},
                {"dev_greedy", json_of(score_greedily(dev, student, world))}};
    if (scorer)
        result["dev_search"] = json_of(score_on(dev, student, &*scorer, options.search, world));
    finish_stage(own, stage, result);
    remove_chunks(own, stage);
    return result;
}

void say(const SelfPlayOptions& options, int64_t round, const Json& result) {
    if (options.quiet) return;
    const auto share = [&](const char* name) {
        const Json& score = result[name];
        return fmt::format("{} of {}", score["solved"].get<int64_t>(), score["n"].get<int64_t>());
    };
    fmt::print("self-play, round {}: dev problems solved, greedy {}", round, share("dev_greedy"));
    if (result.contains("dev_search")) fmt::print(", by search {}", share("dev_search"));
    if (result.contains("confirmed"))
        fmt::print("; learned from {} confirmed solutions", result["confirmed"].get<int64_t>());
    fmt::print("\n");
    std::fflush(stdout);
}

} // namespace

std::vector<CuratedItem> confirm(std::span<const SampledSolution> searched,
                                 std::span<const Rollout> rollouts, const search::World& world,
                                 int64_t keep) {
    std::vector<std::string> order; // problems as they come
    std::map<std::string, std::vector<const std::vector<std::string>*>> right;
    const auto offer = [&](const std::string& problem, const std::vector<std::string>& steps) {
        const auto [at, is_new] = right.try_emplace(problem);
        if (is_new) order.push_back(problem);
        const bool known = std::any_of(at->second.begin(), at->second.end(),
                                       [&](const auto* other) { return *other == steps; });
        if (!known && static_cast<int64_t>(at->second.size()) < keep) at->second.push_back(&steps);
    };
    for (const SampledSolution& solution : searched)
        if (teachable(solution) && world.solved({solution.problem, solution.steps, true}))
            offer(solution.problem, solution.steps);
    std::vector<const Rollout*> often;
    for (const Rollout& rollout : rollouts)
        if (rollout.right && teachable({rollout.path.problem, rollout.path.steps, true}))
            often.push_back(&rollout);
    std::stable_sort(often.begin(), often.end(),
                     [](const Rollout* a, const Rollout* b) { return a->count > b->count; });
    for (const Rollout* rollout : often) offer(rollout->path.problem, rollout->path.steps);
    std::vector<CuratedItem> items;
    for (const std::string& problem : order)
        for (const auto* steps : right[problem]) items.push_back({problem, *steps});
    return items;
}

void self_play(const SelfPlayOptions& options) {
    check(options);
    require(options.run, options.from, model_path(options.run, options.from));
    Json flags = flags_of(options);
    flags["rounds"] = options.rounds;
    if (!begin_stage(options, "self-play", flags)) return;
    make_folders(stage_file(options.run, "self-play", "partial")); // it has begun

    const auto world = search::make_world(world_of(options.run, options.q.world));
    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.run);
    const auto dev = problems_for(options.run, Split::dev, options.dev_problems, seed_of(options));
    std::vector<Json> rounds;
    {
        const engine::Gpt start = load_model(options.run, options.from);
        check_vocab(start, tokenizer, options.run);
        search::GptProposer proposer(start, tokenizer, seed_of(options));
        rounds.push_back(Json{{"dev_greedy", json_of(score_greedily(dev, proposer, *world))}});
        say(options, 0, rounds.back());
    }
    for (int64_t round = 1; round <= options.rounds; ++round) {
        const Json result = play_round(options, round, *world, tokenizer, dev);
        if (result.is_null()) return; // told to stop
        rounds.push_back(result);
        say(options, round, result);
    }
    MetricsLog metrics(stage_file(options.run, "self-play", "metrics.jsonl"), 0);
    for (size_t round = 0; round < rounds.size(); ++round)
        metrics.write(static_cast<int64_t>(round), rounds[round]);
    const std::string last = round_stage(options.rounds);
    write_file_atomic(model_path(options.run, "self-play"),
                      read_file(model_path(options.run, last + "/policy")));
    if (options.guided) {
        make_folders(stage_folder(options.run, "q-self-play"));
        write_file_atomic(model_path(options.run, "q-self-play"),
                          read_file(model_path(options.run, last + "/q")));
    }
    finish_stage(options, "self-play", Json{{"rounds", rounds}});
    remove_chunks(options, "self-play");
}

} // namespace qstar::train
