#pragma once
// The scorer that a GPT with a scalar head stands behind, ORM or PRM: the sigmoid of
// its score at the end token of each step.
//
// Paths are sorted by length, padded to equal length on the right (attention is
// causal, so padding changes nothing) and evaluated in batches of bounded size. A
// path's scores do not depend on the batch. Tokens counted: the path's own.

#include "engine/gpt/gpt.h"
#include "search/scorer.h"
#include "tokenizer/bpe.h"

namespace qstar::search {

class GptScorer : public Scorer {
  public:
    // The model and the tokenizer must outlive the scorer. Error if the model has no
    // scalar head or the tokenizer more tokens than the model.
    GptScorer(engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
              int64_t batch_tokens = 8192);

    // A path without steps has no scores and costs nothing. Error for a path longer
    // than the context.
    std::vector<Scores> score(std::span<const Path> paths) override;

  private:
    engine::Gpt& model_;
    const tokenizer::Tokenizer& tokenizer_;
    int64_t batch_tokens_;
    engine::Tape tape_{false};
};

} // namespace qstar::search
