#pragma once
// The reward model from ranks: a number for a solution, so that the better of two has the
// higher one.
//
// Ouyang et al., "Training language models to follow instructions with human feedback" (2022),
// section 3.5; Ziegler et al. (2019). By Bradley and Terry (1952) an annotator prefers a to b with
// the probability sigmoid(r(a) - r(b)); the loss is what the annotator's ranks cost under it,
//
//   L = - mean over prompts of the mean over their pairs of log sigmoid(r(chosen) - r(rejected))
//
// All outputs of a prompt are in one batch and are evaluated once, however many pairs they
// are in. r is only defined up to a constant. The score is read at the answer token.

#include "train/data/ranks.h"
#include "train/rl/episodes.h"
#include "train/supervised/reward.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct BradleyTerryOptions {
    BradleyTerryOptions() { reward.loop.batch = 12; } // prompts a step
    RewardOptions reward;
    std::string name = "reward"; // folder in the run: models of several annotators
};

// DIR/sft/model.safetensors + DIR/ranks/ranks.jsonl -> DIR/reward/model.safetensors, and the
// calibration on held-out pairs in done.json.
void describe(Flags& f, BradleyTerryOptions& o);
Outcome reward(const BradleyTerryOptions& options);

// Rankings as the models read them: outputs side by side as episodes of one group, and who is
// better than whom among them.
struct Comparisons {
    std::vector<Episode> outputs;
    struct Pair {
        int better, worse; // of outputs
        float weight;      // 1 / pairs of its prompt
    };
    std::vector<Pair> pairs;
};
// Error naming `where` for an output that is longer than the context.
Comparisons comparisons_of(std::span<const Ranking> rankings, const tokenizer::Tokenizer& tokenizer,
                           int64_t context, const std::string& where);

// How many prompts there are, the outputs of those before this one, and [first, first + count)
// alone.
int64_t prompts_in(const Comparisons& compared);
int64_t outputs_before(const Comparisons& compared, int64_t prompt);
Comparisons prompts_of(const Comparisons& compared, int64_t first, int64_t count);
double weight_of(std::span<const Comparisons::Pair> pairs); // the sum

// The rankings of a file, those of validation problems apart (validation_problem()). Bad lines,
// and prompts with an output that is longer than the context, are refused or left out (left_out.h).
// Error if none is left to train on.
struct RankSet {
    std::vector<Ranking> train, validation_rows;
    std::vector<Ranking> batch(std::span<const int64_t> chosen) const; // of train
};
RankSet read_rank_set(const std::string& file, const StageOptions& options,
                      const std::string& stage, int64_t limit,
                      const tokenizer::Tokenizer& tokenizer, int64_t context);

// The batches of an epoch, as indices of rankings.
std::vector<std::vector<int64_t>> epoch_of_rankings(size_t rankings, int64_t batch, uint64_t seed,
                                                    int64_t epoch);

// Scores (n, 1) of the outputs -> (): the weighted mean of -log sigmoid(better - worse). `total`,
// if not 0, stands in the place of the sum of the weights: for a part of a batch.
engine::Var bradley_terry_loss(engine::Tape& tape, engine::Var scores,
                               std::span<const Comparisons::Pair> pairs, double total = 0);

// What was predicted about held-out pairs. The bins are by the probability of the output that
// the model likes better, from 1/2 to 1; the error is the mean gap between what was predicted in a
// bin and what happened, weighted by pairs (Guo et al., "On Calibration of Modern Neural Networks",
// 2017).
struct Calibration {
    struct Bin {
        double low = 0, high = 0, pairs = 0;
        double predicted = 0, happened = 0; // means
    };
    int64_t pairs = 0;
    double loss = 0, accuracy = 0, error = 0;
    std::vector<Bin> bins;

    Metrics metrics() const; // val_pairs, val_loss, val_accuracy, val_calibration_error
};
// Of the differences r(chosen) - r(rejected).
Calibration calibration(std::span<const float> differences);
std::string calibration_table(const Calibration& calibration);
// The same of a model that there is already; `where` names the rankings' file in errors.
Calibration calibration_of(engine::Gpt& model, std::span<const Ranking> rankings,
                           const tokenizer::Tokenizer& tokenizer, const std::string& where);

} // namespace qstar::train
