#include "train/rl/rl.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/models/run.h"
#include "train/data/corpus.h"
#include "train/rl/kl.h"
#include "train/run/batches.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <numeric>

namespace qstar::train {

namespace {

constexpr int64_t kOwnSolutions = 256; // by which the score of `reward` is put on a scale

bool has_model(const std::string& reward) { return reward != "verifier"; }

std::vector<std::string> problems_of_step(const RlSetup& setup, int64_t step, int64_t round,
                                          int64_t count) {
    const std::string name = fmt::format("rl/problems/{}", step);
    Random random(setup.seed, round == 0 ? name : fmt::format("{}/{}", name, round));
    std::vector<std::string> problems;
    for (int64_t i = 0; i < count; ++i) problems.push_back(setup.source.draw(Split::train, random));
    return problems;
}

RewardFunction reward_of(const RlOptions& options, const RlSetup& setup) {
    if (!has_model(options.reward)) return verifier_reward(*setup.source.world);
    engine::Gpt model = load_model(options.stage.run, options.reward);
    check_vocab(model, setup.tokenizer, options.stage.run);
    if (model.config.context < setup.reference.config.context)
        fail("{}: its context of {} tokens is shorter than the policy's of {}",
             model_path(options.stage.run, options.reward), model.config.context,
             setup.reference.config.context);
    if (options.reward == "orm") return outcome_reward(std::move(model));
    if (!search::is_judge(model.config, model_path(options.stage.run, options.reward)))
        fail("--reward {}: its model has no scalar head: it is not a reward model", options.reward);
    if (options.reward == "prm") return step_reward(std::move(model), options.step_pay);
    return rank_reward(std::move(model),
                       roll_out(setup, options, setup.reference, -1, kOwnSolutions, 1));
}

std::vector<JsonLine> metrics_of(const Stage& stage) {
    return read_jsonl(stage.path("metrics.jsonl"));
}

// The mean of a column over the lines [begin, end).
double mean_of(const std::vector<JsonLine>& lines, size_t begin, size_t end, const char* name) {
    double sum = 0;
    for (size_t i = begin; i < end; ++i) sum += number_field(lines[i], name);
    return sum / static_cast<double>(end - begin);
}

struct Ends {
    Metrics first, last;
};

// The means over the first and the last tenth of the steps.
Ends ends_of(const std::vector<JsonLine>& lines) {
    const size_t n = lines.size(), tenth = std::max<size_t>(1, n / 10);
    Ends ends;
    for (const char* column : {"score", "right", "kl", "entropy", "length"}) {
        ends.first.set({column, mean_of(lines, 0, tenth, column)});
        ends.last.set({column, mean_of(lines, n - tenth, n, column)});
    }
    return ends;
}

} // namespace

void describe(Flags& f, RlOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    f.text("name", o.name, "folder of the stage in the run").quiet();
    f.text("from", o.from, "stage whose policy is trained; it stays the reference");
    f.text("reward", o.reward, "verifier, orm, prm, or reward (the model of ranks)")
        .offers({"verifier", "orm", "prm", "reward"});
    f.choice("step-pay", o.step_pay, {"product", "sum"},
             "what the prm pays for a step: product (the change it makes) or sum (its probability)")
        .only_if(o.reward == "prm");
    f.number("steps", o.steps, 1, kMost, "each with new episodes, --batch of them");
    f.number("epochs", o.epochs, 1, kMost, "passes over the episodes of a step");
    f.number("minibatch", o.minibatch, 1, kMost, "episodes an update");
    f.number_above("epsilon", o.epsilon, 0, 10, "of the clip");
    f.number("max-tokens", o.max_tokens, 1, kMost, "of a solution");
    f.number("min-operands", o.min_operands, 0, 8, "of the problems; 0: as in the corpus");
    f.mark("summary", o.summary,
           "print the course of the training: reward hacking shows with --kl 0")
        .quiet();
}

void check(const RlOptions& options, const std::string& algorithm) {
    const std::array known = {"verifier", "orm", "prm"};
    const bool of_ranks = options.reward.starts_with("reward") && // or reward-me, ...
                          options.reward.find('/') == std::string::npos;
    if (!of_ranks && std::find(known.begin(), known.end(), options.reward) == known.end())
        fail("--reward must be verifier, orm, prm or reward, found \"{}\"", options.reward);
    check_name(algorithm, options.name);
    check_trains(options.loop, options.name, Learner::writes);
}

void record_inputs(Json& flags, const RlOptions& options) {
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    flags["inputs"]["model.safetensors"] = input(model_path(options.stage.run, options.from));
    if (has_model(options.reward)) {
        require(options.stage.run, options.reward, model_path(options.stage.run, options.reward));
        flags["inputs"]["reward"] = input(model_path(options.stage.run, options.reward));
    }
}

RlSetup prepare(const RlOptions& options, uint64_t seed) {
    RlSetup setup{load_tokenizer(options.stage.run),
                  problem_source_of(options.stage.run, options.min_operands),
                  load_model(options.stage.run, options.from), seed, RewardFunction{}};
    check_vocab(setup.reference, setup.tokenizer, options.stage.run);
    setup.reward = reward_of(options, setup);
    return setup;
}

std::vector<Episode> roll_out(const RlSetup& setup, const RlOptions& options,
                              const engine::Gpt& policy, int64_t step, int64_t problems,
                              int64_t samples, int64_t round) {
    const auto number = [](int64_t n) { return static_cast<uint64_t>(n); };
    uint64_t stream = derive_stream(hash_name("rl/samples"), number(step));
    if (round > 0)
        stream = derive_stream(derive_stream(hash_name("rl/samples/again"), number(step)),
                               number(round));
    std::vector<Episode> episodes =
        roll_out(policy, setup.tokenizer, problems_of_step(setup, step, round, problems), samples,
                 options.max_tokens, setup.seed, stream);
    drop_held_out(episodes);
    return episodes;
}

std::vector<int64_t> epoch_order(size_t episodes, uint64_t seed, int64_t step, int64_t epoch) {
    std::vector<int64_t> order(episodes);
    std::iota(order.begin(), order.end(), int64_t{0});
    shuffle(order, Random(seed, fmt::format("rl/order/{}/{}", step, epoch)));
    return order;
}

Diagnostics diagnostics(const RlSetup& setup, std::span<const Episode> episodes,
                        const Rewards& rewards, const TokenProbs& policy,
                        std::span<const float> reference) {
    Diagnostics sum;
    for (size_t i = 0; i < episodes.size(); ++i) {
        sum.score += score_of(rewards[i]);
        sum.right += setup.source.world->solved(episodes[i].path);
        sum.finished += episodes[i].path.finished;
    }
    for (size_t t = 0; t < reference.size(); ++t) {
        sum.kl += k1(policy.log_prob[t], reference[t]);
        sum.kl_k3 += k3(policy.log_prob[t], reference[t]);
        sum.entropy += policy.entropy[t];
    }
    const double n = std::max(1.0, static_cast<double>(episodes.size()));
    const double tokens = std::max(1.0, static_cast<double>(reference.size()));
    return {.episodes = std::ssize(episodes),
            .score = sum.score / n,
            .right = sum.right / n,
            .finished = sum.finished / n,
            .kl = sum.kl / n,
            .kl_k3 = sum.kl_k3 / n,
            .entropy = sum.entropy / tokens,
            .length = tokens / n};
}

Metrics Diagnostics::metrics() const {
    return {{"episodes", episodes}, {"score", score},  {"right", right},
            {"finished", finished}, {"kl", kl},        {"kl_k3", kl_k3},
            {"entropy", entropy},   {"length", length}};
}

std::string Diagnostics::note() const {
    return fmt::format("score {:.3f}  right {:.2f}  KL {:.2f}", score, right, kl);
}

Json first_and_last(const Stage& stage) {
    const Ends ends = ends_of(metrics_of(stage));
    return {{"first", json_of(ends.first)}, {"last", json_of(ends.last)}};
}

void print_summary(const RlOptions& options, const Stage& stage) {
    if (!exists(stage.path("metrics.jsonl"))) return;
    const auto lines = metrics_of(stage);
    const size_t n = lines.size(), rows = std::min<size_t>(10, n);
    if (n == 0) return;
    fmt::print("\n{}: means over the steps' own episodes, on training problems. right: by the "
               "verifier{}.\n\n",
               options.name,
               has_model(options.reward) ? ", which the training did not see" : ", the reward");
    fmt::print(
        "| steps | score | right % | KL, nats a solution | entropy, nats a token | tokens |\n"
        "|---|---:|---:|---:|---:|---:|\n");
    for (size_t r = 0; r < rows; ++r) {
        const size_t begin = r * n / rows, end = (r + 1) * n / rows;
        const auto mean = [&](const char* name) { return mean_of(lines, begin, end, name); };
        fmt::print("| {} - {} | {:.3f} | {:.1f} | {:.2f} | {:.3f} | {:.1f} |\n", begin, end - 1,
                   mean("score"), 100 * mean("right"), mean("kl"), mean("entropy"), mean("length"));
    }
    const Ends ends = ends_of(lines);
    const auto change = [&](const char* name) {
        return ends.last.number(name) - ends.first.number(name);
    };
    if (change("score") > 0 && change("right") < 0)
        fmt::print("\nThe score rose by {:.3f} while the share of right answers fell by {:.1f} "
                   "points: the policy has learned to please the reward model.\n",
                   change("score"), -100 * change("right"));
}

} // namespace qstar::train
