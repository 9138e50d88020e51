#pragma once
// What models learn of ranks: outputs of a prompt side by side, and which is better than which.

#include "tokenizer/bpe.h"
#include "train/data/ranks.h"
#include "train/rl/episodes.h"
#include "train/run/run.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

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

} // namespace qstar::train
