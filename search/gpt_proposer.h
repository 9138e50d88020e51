#pragma once
// The proposer that a GPT stands behind: batched sampling with a key/value cache.
//
// Each different prefix of a batch is evaluated once and its cache copied to the
// draws that go on from it; then all draws take one token at a time together. A draw
// ends at <|step|> or <|answer|>. It is dropped (propose) or left unfinished
// (complete) when it writes another special token, a step longer than the limit, more
// steps than the limit, or text that would not fit the context with its end token.
//
// Tokens counted for a request: its prefix once and every token that is fed after it,
// which is what the request would cost alone (the prefix shared between two requests
// of a batch counts for both), so that a budget does not depend on the batch either.

#include "engine/gpt/decoder.h"
#include "engine/gpt/sampling.h"
#include "search/proposer.h"
#include "tokenizer/bpe.h"

namespace qstar::search {

struct ProposerLimits {
    int step_tokens = 48; // longest step, without its end token
    int steps = 24;       // longest solution
    int slots = 256;      // draws evaluated at once; larger batches are cut
};

class GptProposer : public Proposer {
  public:
    // The model and the tokenizer must outlive the proposer. Error if the tokenizer
    // has more tokens than the model.
    GptProposer(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer, uint64_t seed,
                ProposerLimits limits = {});

    // Error for an empty problem, and for one whose prompt alone is longer than the
    // context. A path that has outgrown the context has no next steps.
    std::vector<Proposals> propose(std::span<const ProposeRequest> requests) override;
    std::vector<std::vector<Solution>> complete(std::span<const ProposeRequest> requests) override;

  private:
    struct Draw;
    std::vector<Draw> run(std::span<const ProposeRequest> requests, int max_steps);
    void run_slice(std::span<Draw> draws, std::span<const ProposeRequest> requests,
                   const std::vector<std::vector<int>>& prefixes, int max_steps);
    bool take(Draw& draw, std::span<const float> logits, float temperature, int slot,
              int max_steps);
    std::vector<int> prefix_of(const ProposeRequest& request) const;

    const engine::Gpt& model_;
    const tokenizer::Tokenizer& tokenizer_;
    uint64_t seed_;
    ProposerLimits limits_;
    engine::Decoder decoder_; // one slot more: a prefix whose draws fill several slices
    int carried_ = -1;        // the request whose prefix lies in that slot
    std::vector<float> carried_logits_;
};

} // namespace qstar::search
