#pragma once
// Episodes: what the policy writes under training problems, token by token. PPO and GRPO learn from
// nothing else.
//
// An episode is one solution: a state is what stands there, an action is the next token. A
// written token has an index of its own in "flat" vectors (minibatch.h): the written
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

int64_t longest_of(std::span<const Episode> episodes); // tokens

} // namespace qstar::train
