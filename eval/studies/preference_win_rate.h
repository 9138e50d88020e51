#pragma once
// What ranks are good for: policies that learned from them, and from other payers, side by
// side with the tuned model that all of them started from.
//
// Every policy writes one solution of each held-out problem at temperature 1, as it was
// trained, and so does the tuned model. The win rate is the share of problems on which the
// annotator's own preference (train/annotation/simulated_annotator.h, without noise) is for the
// policy's, a tie counting half; beside it the same for one that only looks at the answer. The
// talk says that ranking suits language and not mathematics: look at both columns, and at the share
// that is right.

#include "engine/run/flags.h"
#include "eval/measure/interval.h"
#include "train/annotation/simulated_annotator.h"

#include <string>
#include <vector>

namespace qstar::eval {

struct PreferenceOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    std::string split = "test"; // or "dev", for tuning
    int64_t problems = 1000;
    std::string tuned = "sft"; // the policy that the others are compared with
    // Stages; empty: all of the run whose names begin with dpo, ppo or grpo.
    std::vector<std::string> policies;
    bool quiet = false;
};
void describe(Flags& f, PreferenceOptions& o);

// The first row is the tuned model by another draw of its own; the second says what could be
// won at all: of `bound_samples` solutions of the tuned model the one that the preference
// itself puts first. Its KL is the bound log N - (N-1)/N of best-of-N (Stiennon et al. 2020).
inline constexpr int64_t kBoundSamples = 16;

struct PreferenceRow {
    std::string policy;
    std::string learned_from;          // "ranks", or who paid: "reward", "prm", "verifier", ...
    double wins = 0, correct_wins = 0; // shares of problems, ties half
    Interval wins_interval, correct_wins_interval;
    double kl = 0, kl_k3 = 0; // to the tuned model, nats a solution, by both estimators
    double tokens = 0;        // written, a solution
    int64_t right = 0, greedy_right = -1, n = 0; // at temperature 1; by the likeliest text, -1:
                                                 // there is none
    Interval right_interval, greedy_interval;
};

// Error as by the ladder if a training text of the run holds one of the problems.
std::vector<PreferenceRow>
measure_preference_win_rate(const PreferenceOptions& options,
                            const train::AnnotatorPreference& preference);

// The preference of the annotator of DIR/ranks; the default one if they are by another annotator.
train::AnnotatorPreference annotator_preference(const std::string& run);

// Measures, prints, and writes DIR/preference-win-rate.json and DIR/preference-win-rate.md.
void preference_win_rate(const PreferenceOptions& options);

} // namespace qstar::eval
