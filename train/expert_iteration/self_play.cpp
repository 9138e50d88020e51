#include "train/expert_iteration/self_play.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/models/stream.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/run/resumable_map.h"
#include "train/supervised/sft.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

std::string round_name(int64_t round) { return fmt::format("round-{}", round); }

Json record_of(const SelfPlayOptions& options) {
    Json flags = stage_record(options);
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

// One round; what it came to, or nothing if it was told to stop.
Json play_round(const SelfPlayOptions& options, const Stage& whole, int64_t round,
                const search::World& world, const tokenizer::Tokenizer& tokenizer,
                std::span<const std::string> dev) {
    const uint64_t seed = seed_of(options);
    Stage stage(whole, round_name(round), Json{{"round", round}});
    if (stage.done()) return stage.result();

    const std::string start = model_path(options.run, options.from);
    const std::string before =
        round == 1 ? start : whole.path(round_name(round - 1) + "/policy/model.safetensors");
    const engine::Gpt policy = load_model(before);
    search::GptProposer proposer(policy, tokenizer,
                                 search::derive_stream(seed, static_cast<uint64_t>(round)));
    const auto problems = problems_for(options.run, Split::train, options.problems,
                                       search::derive_stream(seed, static_cast<uint64_t>(round)));

    // Step 1: explore.
    QOptions q = part(options.q, options);
    q.stop_after = options.stop_after;
    q.save_every = options.save_every;
    Stage q_stage(stage, "q", Json{{"round", round}});
    if (!q_stage.done()) {
        make_rollouts(q_stage, problems, proposer, world, q.explore);
        // Step 2: evaluate.
        if (options.guided)
            fit_q(q, q_stage, policy);
        else
            q_stage.finish(Json::object());
        if (!q_stage.done()) return {};
    }
    const auto rollouts = read_rollouts(q_stage.path("rollouts.jsonl"));

    // Step 3: search.
    std::optional<engine::Gpt> values;
    std::optional<search::GptScorer> scorer;
    std::vector<SampledSolution> searched;
    if (options.guided) {
        values = load_model(q_stage.model());
        scorer.emplace(*values, tokenizer);
        searched =
            search_problems(stage, seed, problems, proposer, &*scorer, options.search, world);
    }

    // Step 4: confirm.
    const std::vector<CuratedItem> confirmed = confirm(searched, rollouts, world, options.keep);
    const std::string file = write_items(stage.path("confirmed.jsonl"), confirmed);

    // Step 5: learn.
    Stage policy_stage(stage, "policy", Json{{"round", round}, {"confirmed", input(file)}});
    if (!policy_stage.done())
        imitate(part(options, options), options.epochs, policy_stage,
                load_model(options.restart ? start : before), confirmed, file);
    if (!policy_stage.done()) return {};

    // Step 6: measure.
    const engine::Gpt learned = load_model(policy_stage.model());
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
    stage.finish(result);
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

void describe(Flags& f, SelfPlayOptions& o) {
    describe(f, static_cast<LoopOptions&>(o));
    describe(f, o.search);
    describe(f, o.q.explore);
    f.text("from", o.from, "stage whose model begins");
    f.number("rounds", o.rounds, 1, 100'000, "of search and learning");
    f.number("problems", o.problems, 1, most, "new training problems each round");
    f.number("epochs", o.epochs, 1, most, "passes over a round's confirmed solutions");
    f.number("keep", o.keep, 1, most, "different solutions of a problem, at most");
    f.truth("restart", o.restart, "each round tunes the first model, not the last");
    f.truth("guided", o.guided, "search with Q; without: roll-outs only");
    f.number("dev-problems", o.dev_problems, 1, most, "on which each round is measured");
    f.number("q-lr", o.q.lr, 0, 10, "learning rate of Q");
    f.number("q-batch", o.q.batch, 1, 1'000'000, "roll-outs a step of Q");
    f.number("q-epochs", o.q.epochs, 1, most, "passes over the roll-outs in each iteration of Q");
    f.number("q-iterations", o.q.iterations, 1, most, "of Q's target network");
    f.choice("q-start", o.q.start, {"monte-carlo", "zero"},
             "first targets of Q: monte-carlo or zero");
    f.text("world", o.q.world, "world of the problems").only_if(!o.q.world.empty());
}

void self_play(const SelfPlayOptions& options) {
    check(flags_of(options));
    check(options.search);
    check(flags_of(options.q));
    require(options.run, options.from, model_path(options.run, options.from));
    Stage stage(options, "self-play", record_of(options));
    if (stage.done()) return;
    make_folders(stage.path("partial")); // it has begun

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
        const Json result = play_round(options, stage, round, *world, tokenizer, dev);
        if (result.is_null()) return; // told to stop
        rounds.push_back(result);
        say(options, round, result);
    }
    MetricsLog metrics(stage.path("metrics.jsonl"), 0);
    for (size_t round = 0; round < rounds.size(); ++round)
        metrics.write(static_cast<int64_t>(round), rounds[round]);
    const std::string last = round_name(options.rounds);
    write_file_atomic(stage.model(), read_file(stage.path(last + "/policy/model.safetensors")));
    if (options.guided) {
        make_folders(stage_folder(options.run, "q-self-play"));
        write_file_atomic(model_path(options.run, "q-self-play"),
                          read_file(stage.path(last + "/q/model.safetensors")));
    }
    stage.finish(Json{{"rounds", rounds}});
}

} // namespace qstar::train
