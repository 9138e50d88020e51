#include "eval/studies/preference_win_rate.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/record.h"
#include "engine/run/run_folder.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "eval/measure/study.h"
#include "eval/measure/table.h"
#include "eval/studies/policies.h"
#include "search/worlds/make_world.h"
#include "train/annotation/rank.h"
#include "train/data/problem_source.h"
#include "train/data/searched.h"
#include "train/rl/kl.h"
#include "train/rl/minibatch.h"
#include "train/rl/rl_reward.h"
#include "train/run/old_record.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/core.h>
#include <span>

namespace qstar::eval {

namespace {

constexpr int64_t kMaxTokens = 64; // of a solution, as in training

// Stages of the run that learned from ranks or rewards, in the order of their names.
std::vector<std::string> learned_policies(const std::string& run) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(run)) {
        const std::string name = entry.path().filename().string();
        const bool known =
            name.starts_with("dpo") || name.starts_with("ppo") || name.starts_with("grpo");
        if (known && exists(train::model_path(run, name))) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string learned_from(const std::string& run, const std::string& policy) {
    const std::string done = train::stage_file(run, policy, "done.json");
    if (!exists(done)) return "-";
    const Json flags = object_field(read_json(done), "flags").value;
    if (flags.contains("reward")) return flags["reward"].get<std::string>();
    return policy.starts_with("dpo") ? "ranks" : "-";
}

// The share won, ties half.
double share(std::span<const double> mine, std::span<const double> theirs) {
    double wins = 0;
    for (size_t i = 0; i < mine.size(); ++i)
        wins += mine[i] > theirs[i] ? 1 : mine[i] < theirs[i] ? 0 : 0.5;
    return wins / static_cast<double>(mine.size());
}

Interval interval_of(double share, int64_t n) {
    return wilson(std::llround(share * static_cast<double>(n)), n);
}

struct Written {
    std::vector<train::Episode> episodes;
    std::vector<double> utility, correct; // by the preference, and by the answer alone
};

Table table_of(const std::vector<PreferenceRow>& rows) {
    using Kind = Column::Kind;
    Table table({{"policy", "policy", Kind::text},
                 {"learned_from", "learned from", Kind::text},
                 {"wins", "won %", Kind::share_in_one},
                 {"correct_wins", "won by the answer alone %", Kind::share_in_one},
                 {"kl", "KL", Kind::number, 2},
                 {"kl_k3", ""},
                 {"right", "right %", Kind::share_in_one},
                 {"greedy_right", "right, greedy %", Kind::share_in_one},
                 {"n", ""},
                 {"tokens", "tokens", Kind::number, 1}});
    for (const PreferenceRow& row : rows)
        table.add({row.policy, row.learned_from, Estimate{row.wins, row.wins_interval},
                   Estimate{row.correct_wins, row.correct_wins_interval}, row.kl, row.kl_k3,
                   Share{row.right, row.n},
                   row.greedy_right < 0 ? Cell() : Cell(Share{row.greedy_right, row.n}), row.n,
                   row.tokens});
    return table;
}

std::string markdown(const Table& table, const PreferenceOptions& options,
                     const train::AnnotatorPreference& preference) {
    return fmt::format(
               "{} held-out problems of the {} split, seed {}; one solution of each policy and one "
               "of the tuned model ({}) at temperature 1. Won: share on which the annotator's "
               "preference (correct {}, work {}, brief {}, tidy {}) is for the policy's, ties "
               "half. KL to the tuned model, nats a solution. In brackets 95 % intervals "
               "(Wilson).\n\n",
               options.problems, options.split, options.seed, options.tuned, preference.correct,
               preference.work, preference.brief, preference.tidy) +
           table.markdown();
}

std::vector<std::string> policies_of(const PreferenceOptions& options) {
    return options.policies.empty() ? learned_policies(options.run) : options.policies;
}

} // namespace

train::AnnotatorPreference annotator_preference(const std::string& run) {
    const std::string done = train::stage_file(run, "rank", "done.json");
    if (!exists(done)) return {};
    train::RankOptions options; // a person's own is not on record
    read_record(flags_of(options), train::by_flags(object_field(read_json(done), "flags").value));
    return options.simulated.preference;
}

std::vector<PreferenceRow>
measure_preference_win_rate(const PreferenceOptions& options,
                            const train::AnnotatorPreference& preference) {
    PolicyOptions greedy; // which also looks for the problems in the training texts
    greedy.run = options.run;
    greedy.seed = options.seed;
    greedy.split = options.split;
    greedy.problems = options.problems;
    greedy.policies = {options.tuned};
    const std::vector<std::string> learned = policies_of(options);
    greedy.policies.insert(greedy.policies.end(), learned.begin(), learned.end());
    greedy.quiet = options.quiet;
    const std::vector<Measured> greedily = measure_policies(greedy);

    const auto world = search::make_world(train::world_of(options.run));
    const auto problems = train::problems_for(options.run, train::held_out_split(options.split),
                                              options.problems, options.seed);
    const tokenizer::Tokenizer tokenizer = train::load_tokenizer(options.run);
    // The streams keep their names of old, and so the figures their values.
    const auto write = [&](const engine::Gpt& policy, const char* stream) {
        Written written;
        written.episodes = train::roll_out(policy, tokenizer, problems, 1, kMaxTokens, options.seed,
                                           hash_name(stream));
        for (const train::Episode& episode : written.episodes) {
            written.utility.push_back(utility(preference, *world, episode.path));
            written.correct.push_back(utility(train::kCorrectOnly, *world, episode.path));
        }
        return written;
    };

    engine::Gpt tuned = train::load_model(options.run, options.tuned);
    const Written theirs = write(tuned, "eval/taste/tuned");
    const auto compare = [&](PreferenceRow& row, const Written& mine) {
        row.n = options.problems;
        row.wins = share(mine.utility, theirs.utility);
        row.correct_wins = share(mine.correct, theirs.correct);
        row.wins_interval = interval_of(row.wins, row.n);
        row.correct_wins_interval = interval_of(row.correct_wins, row.n);
        for (const train::Episode& episode : mine.episodes)
            row.right += world->solved(episode.path);
        row.right_interval = wilson(row.right, row.n);
    };
    // What the preference itself would choose among solutions of the tuned model.
    const auto bound = [&] {
        auto drawn = train::roll_out(tuned, tokenizer, problems, kBoundSamples, kMaxTokens,
                                     options.seed, hash_name("eval/taste/bound"));
        Written best;
        double tokens = 0;
        for (size_t i = 0; i < problems.size(); ++i) {
            train::Episode* chosen = nullptr;
            double most = -1;
            for (size_t k = 0; k < kBoundSamples; ++k) {
                train::Episode& episode = drawn[i * kBoundSamples + k];
                const double value = utility(preference, *world, episode.path);
                if (value > most) chosen = &episode, most = value;
            }
            best.utility.push_back(most);
            best.correct.push_back(utility(train::kCorrectOnly, *world, chosen->path));
            tokens += chosen->written();
            best.episodes.push_back(std::move(*chosen));
        }
        PreferenceRow row;
        row.policy = fmt::format("{}, best of {} (bound)", options.tuned, kBoundSamples);
        row.learned_from = "the preference itself";
        compare(row, best);
        row.kl = row.kl_k3 =
            math::log(static_cast<double>(kBoundSamples)) - (kBoundSamples - 1.0) / kBoundSamples;
        row.tokens = tokens / static_cast<double>(row.n);
        return row;
    };
    std::vector<PreferenceRow> rows;
    Progress progress("preference", std::ssize(greedy.policies), "policies", 0, options.quiet);
    for (size_t p = 0; p < greedy.policies.size(); ++p) {
        engine::Gpt policy = train::load_model(options.run, greedy.policies[p]);
        const Written mine = write(policy, "eval/taste");
        PreferenceRow row;
        row.policy = greedy.policies[p];
        row.learned_from = learned_from(options.run, row.policy);
        compare(row, mine);
        const auto of_policy = train::token_probs(policy, mine.episodes).log_prob;
        const auto of_tuned = train::token_probs(tuned, mine.episodes).log_prob;
        const auto n = static_cast<double>(row.n);
        for (size_t t = 0; t < of_policy.size(); ++t) {
            row.kl += train::k1(of_policy[t], of_tuned[t]) / n;
            row.kl_k3 += train::k3(of_policy[t], of_tuned[t]) / n;
        }
        row.tokens = static_cast<double>(of_policy.size()) / n;
        row.greedy_right = greedily[p].solved;
        row.greedy_interval = greedily[p].interval;
        rows.push_back(std::move(row));
        if (p == 0) rows.push_back(bound());
        progress.update(static_cast<int64_t>(p) + 1);
    }
    progress.finish();
    return rows;
}

void describe(Flags& f, PreferenceOptions& o) {
    describe_held_out(f, o);
    f.text("tuned", o.tuned, "stage that the others are compared with");
    f.list("policies", o.policies,
           "stages: dpo,ppo-prm (default: all dpo, ppo and grpo there are)");
}

void preference_win_rate(const PreferenceOptions& options) {
    check(flags_of(options));
    train::held_out_split(options.split);
    require_run(options.run);
    const train::AnnotatorPreference weights = annotator_preference(options.run);
    const std::vector<PreferenceRow> rows = measure_preference_win_rate(options, weights);
    const Table table = table_of(rows);
    write_study(join_path(options.run, "preference-win-rate"), options,
                {{"policies", policies_of(options)},
                 {"preference", {weights.correct, weights.work, weights.brief, weights.tidy}},
                 {"rows", table.json()}},
                markdown(table, options, weights));
}

} // namespace qstar::eval
