#pragma once
// The scorer that a GPT stands behind.
//
// One with a scalar head, ORM or PRM: the sigmoid of its score at the end token of each step.
//
// One without judges by what it would have written itself, as a verifier that is trained by
// next-token prediction (Zhang et al., "Generative Verifiers", 2408.15240; Rafailov et al., "From r
// to Q*: Your Language Model is Secretly a Q-Function", 2404.12358): a step is as good as its least
// likely token, sigmoid(2 (log p + 2)), so that 1/2 stands where a token has e^-2, or one chance in
// seven. Where the whole solution is read, a step's score is the product of those up to it.
//
// Paths are branches of a tree. A step that several paths of a call have in common, with
// all before it, is evaluated once; and what was evaluated is kept for later calls
// (prefix_cache.h), so that of a path which has grown by a step only that step is new. A
// path's scores depend neither on the batch nor on what is kept.
//
// Tokens counted: the whole path's, whatever was shared or known already; so budgets do
// not depend on the batch. tokens_evaluated() is what the model really computed.
//
// On a policy's trunk: a reward model that is a head alone (engine/nn/checkpoint.h: save_head) is
// asked of what the policy's network said when it wrote the step, as far as that is kept, and then
// costs the head. The scores are those of reading the path anew, bit for bit.

#include "engine/decode/cached_decoder.h"
#include "search/models/encode.h"
#include "search/models/gpt_proposer.h"
#include "search/models/scorer.h"
#include "tokenizer/bpe.h"

#include <memory>
#include <span>
#include <vector>

namespace qstar::search {

// The logit of a step whose least likely token has this log p.
inline float text_logit(float least) { return 2 * (least + 2); }

class GptScorer : public Scorer {
  public:
    // at_once: steps evaluated in one batch; the cache has room for so many contexts.
    // keep: evaluated paths, for later calls; changes no result. The tokenizer must
    // outlive the scorer; the model's weights are copied. Error if the tokenizer has more tokens
    // than the model.
    GptScorer(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer, int at_once = 256,
              bool keep = true);
    // The same, with what the model's file says of its reading (run.h: reading_of).
    GptScorer(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer, Reading reading)
        : GptScorer(model, tokenizer) {
        reading_ = reading;
    }

    // On the trunk of `policy`, which is the model's but for its head.
    GptScorer(GptProposer& policy, const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
              Reading reading);

    // A path without steps has no scores and costs nothing. Steps that the context has no
    // room for are taken for wrong ones.
    std::vector<Scores> score(std::span<const Path> paths) override;
    int64_t score_tokens(const Path& path) const override;
    Reading reading() const override { return reading_; }
    std::vector<int> scored_tokens(const Path& path) const override;
    double score_multiply_adds() const override;
    bool on_proposers_trunk() const override { return on_policys_trunk_; }

    int64_t tokens_evaluated() const { return trunk_->decoder.tokens_evaluated(); }

  private:
    // A step of one path or, with the same steps before it, of several.
    struct Node {
        std::span<const int> tokens; // up to and with its end token
        size_t given = 0;            // of them, those before the step
        bool open = false;           // a path may go on from here
        float score = 0;
    };
    void evaluate(std::span<Node* const> nodes);
    void evaluate_head(std::span<Node* const> nodes); // at most at_once_
    void evaluate_text(std::span<Node* const> nodes);

    tokenizer::FormReader form_;
    int at_once_;
    Reading reading_ = Reading::each_step;
    engine::GptConfig config_;
    bool on_policys_trunk_ = false;
    std::shared_ptr<engine::CachedDecoder> trunk_; // at_once_ slots
    int head_;
};

} // namespace qstar::search
