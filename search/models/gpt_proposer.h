#pragma once
// The proposer that a GPT stands behind: batched sampling with a key/value cache.
//
// What is drawn together is evaluated together (draws.h). A draw ends where the form of the texts
// says that a step ends (form.h). It is dropped (propose) or left unfinished (complete) when it
// writes another special token, a step longer than the limit, more steps than the limit, or text
// that would not fit the context with its end token.
//
// Tokens counted for a request: its prefix once and, for each draw, every token that
// goes into the model after it, as if the draws were evaluated one by one and nothing
// were known from earlier calls. So a budget depends neither on the batch nor on what is
// shared or kept; it is what the request would cost a solver that had only forks of the
// prefix. tokens_evaluated() is what the model really computed.

#include "engine/decode/cached_decoder.h"
#include "engine/decode/sampling.h"
#include "search/models/draws.h"
#include "search/models/proposer.h"
#include "tokenizer/form_reader.h"

#include <memory>
#include <span>
#include <vector>

namespace qstar::search {

class GptProposer : public Proposer {
  public:
    // The tokenizer must outlive the proposer; the model's weights are copied. Error if
    // the tokenizer has more tokens than the model.
    GptProposer(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer, uint64_t seed,
                ProposerLimits limits = {});

    // Error for an empty problem, and for one whose prompt alone is longer than the
    // context. A path that has outgrown the context has no next steps.
    std::vector<Proposals> propose(std::span<const ProposeRequest> requests) override;
    std::vector<std::vector<Solution>> complete(std::span<const ProposeRequest> requests) override;
    int64_t prefix_tokens(const Path& path) const override;
    std::vector<int> tokens_of(const Path& path) const override;
    double multiply_adds() const override {
        return engine::multiply_adds(trunk_->decoder.config());
    }

    int64_t tokens_evaluated() const;
    int slots() const { return limits_.slots; }
    // For scorers whose heads are on this model's trunk: from now on all that is drawn is kept to
    // be rated.
    std::shared_ptr<engine::CachedDecoder> shared_trunk() {
        shared_ = true;
        return trunk_;
    }

  private:
    struct Choice;
    struct NBestState;
    std::vector<DrawBatch> batches_of(std::span<const ProposeRequest> requests, int max_steps);
    std::vector<Proposals> drawn(std::span<const ProposeRequest> requests);
    std::vector<Proposals> n_best(std::span<const ProposeRequest> requests); // n_best.cpp
    void choices_after(const NBestState& state, size_t at, std::span<const float> logits,
                       std::vector<Choice>& out);
    void take_best(NBestState& state, std::vector<Choice>& choices, std::vector<int>& free_slots);
    void begin(NBestState& state, std::vector<int>& free_slots);
    void end(NBestState& state, std::vector<int>& free_slots);
    std::vector<Draw> run(std::span<const ProposeRequest> requests, int max_steps);
    std::vector<int> prefix_of(const ProposeRequest& request) const;

    const tokenizer::Tokenizer& tokenizer_;
    tokenizer::FormReader form_;
    uint64_t seed_;
    ProposerLimits limits_;
    std::shared_ptr<engine::CachedDecoder> trunk_; // a slot a draw
    // Of the other lanes: where threads are free, each takes the draws of some problems alone.
    std::vector<std::unique_ptr<engine::CachedDecoder>> twins_;
    bool shared_ = false;
    std::vector<engine::Decoder::Feed> feeds_; // of a step, kept for the next one
    engine::TokenDistribution distribution_;
};

} // namespace qstar::search
