#pragma once
// Episodes: what the policy writes under training problems, token by token, and what
// several models say of each token. PPO and GRPO learn from nothing else.
//
// An episode is one solution: a state is what stands there, an action is the next token. A
// written token has an index of its own in the "flat" vectors of this header: the written
// tokens of the first episode, then those of the second, and so on.

#include "engine/nn/gpt.h"
#include "search/problem/path.h"
#include "tokenizer/bpe.h"
#include "train/data/worlds/split.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct Episode {
    search::Path path;       // as text: problem, steps, and whether it came to an answer
    int group = 0;           // the problem's number; its samples stand side by side
    int prompt = 0;          // tokens given
    std::vector<int> tokens; // given and written
    std::vector<int> ends;   // for each step, the index in `tokens` of its end token

    int written() const { return static_cast<int>(tokens.size()) - prompt; }
};

// `samples` solutions of each problem, drawn at temperature 1, for which log-probabilities
// are those of the draw. A solution ends with the answer token, without an answer at any
// other special token but the step's, after max_tokens, or where the context ends. The
// random stream of a draw is made from (seed, stream, problem's number, sample): the batch
// and the threads do not matter. Error for a problem that fills the context.
std::vector<Episode> roll_out(const engine::Gpt& policy, const tokenizer::Tokenizer& tokenizer,
                              std::span<const std::string> problems, int64_t samples,
                              int64_t max_tokens, uint64_t seed, uint64_t stream);

// Leaves out those with a line that belongs to dev or test (split.h), of however right a
// solution: nothing is trained on them.
void drop_held_out(std::vector<Episode>& episodes);

// Where each episode's written tokens begin in a flat vector; one entry more at the end.
std::vector<size_t> offsets_of(std::span<const Episode> episodes);

// Some episodes as one padded input, and where in it their written tokens are.
struct Minibatch {
    int64_t rows = 0, time = 0;
    std::vector<int> inputs;     // (rows, time)
    std::vector<int> before, at; // of each written token: the position that predicts it, its own
    std::vector<int> targets;    // the written tokens
    std::vector<size_t> flat;    // their places in flat vectors
    std::vector<float> lengths;  // of the solution that each belongs to
};
Minibatch make_minibatch(std::span<const Episode> episodes, std::span<const int64_t> chosen);
Minibatch make_minibatch(std::span<const Episode> episodes); // all of them
int64_t longest_of(std::span<const Episode> episodes);       // tokens
// Its rows [first, first + count), as wide as before.
Minibatch rows_of(const Minibatch& batch, int64_t first, int64_t count);
// Cut by order into pieces of `size` episodes.
std::vector<Minibatch> make_minibatches(std::span<const Episode> episodes,
                                        std::span<const int64_t> order, int64_t size);

// The entries of a flat vector that belong to a minibatch.
std::vector<float> pick(std::span<const float> flat, const Minibatch& batch);

// On the tape, for a minibatch of n written tokens: -> (n, V) of the policy, whose row i
// predicts token i; -> (n, 1) of a model with a scalar head, before or at each token.
engine::Var written_logits(engine::Tape& tape, engine::Gpt& policy, const Minibatch& batch);
engine::Var values_before(engine::Tape& tape, engine::Gpt& critic, const Minibatch& batch);

// Without gradients, flat, of all episodes.
struct TokenProbs {
    std::vector<float> log_prob; // of the token that was written
    std::vector<float> entropy;  // of the distribution it was drawn from
};
TokenProbs token_probs(engine::Gpt& policy, std::span<const Episode> episodes);
std::vector<float> values_before(engine::Gpt& critic, std::span<const Episode> episodes);
// Of a judge without a head (search/models/gpt_scorer.h): of the step's tokens up to each.
std::vector<float> scores_at(engine::Gpt& reward_model, std::span<const Episode> episodes);

} // namespace qstar::train
