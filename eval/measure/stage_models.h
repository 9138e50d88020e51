#pragma once
// The models of a run's stages, each loaded once, when it is first asked for: policies that
// propose, reward models that score.

#include "engine/nn/gpt.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "tokenizer/bpe.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace qstar::eval {

// To be used by one thread at a time.
class StageModels {
  public:
    StageModels(const std::string& run, uint64_t seed, const search::ProposerLimits& limits = {});
    StageModels(const StageModels&) = delete;
    StageModels& operator=(const StageModels&) = delete;

    // Error where the stage has no model.
    engine::Gpt& model(const std::string& stage);
    search::Proposer& policy(const std::string& stage);
    // Null of "none".
    search::Scorer* scorer(const std::string& stage);
    // Whether the run has a model of that stage.
    bool has(const std::string& stage) const;

    const tokenizer::Tokenizer& tokenizer() const { return tokenizer_; }

  private:
    std::string run_;
    uint64_t seed_;
    search::ProposerLimits limits_;
    tokenizer::Tokenizer tokenizer_;
    std::map<std::string, std::unique_ptr<engine::Gpt>> models_;
    // They refer to the models.
    std::map<std::string, std::unique_ptr<search::GptProposer>> policies_;
    std::map<std::string, std::unique_ptr<search::GptScorer>> scorers_;
};

} // namespace qstar::eval
