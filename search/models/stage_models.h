#pragma once
// The models of a run's stages, ready to search with, each loaded once, when it is first asked for:
// policies that propose, reward models that score.
//   RUN/tokenizer/{vocab.json,merges.txt}  RUN/STAGE/model.safetensors

#include "engine/nn/gpt.h"
#include "search/models/ensemble_scorer.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "tokenizer/bpe.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace qstar::search {

// To be used by one thread at a time.
class StageModels {
  public:
    // Error if there is no such run, or if it has no tokenizer.
    StageModels(std::string run, uint64_t seed, const ProposerLimits& limits = {});
    StageModels(const StageModels&) = delete;
    StageModels& operator=(const StageModels&) = delete;

    std::string file_of(const std::string& stage) const; // of its model
    // Whether the run has a model of that stage, or of all of an ensemble; of "none" never.
    bool has(const std::string& scorer) const;
    // Error, with the command that makes it, where the stage has no model; where it was made with
    // another tokenizer or for another world than the run's.
    engine::Gpt& model(const std::string& stage);
    GptProposer& policy(const std::string& stage);
    GptProposer& policy_of_file(const std::string& file); // instead of a stage's
    // Null of "none". Error for a model without a scalar head.
    GptScorer* scorer(const std::string& stage);
    // The same for a search in which this file's model proposes: where it is the trunk of the
    // stage's (engine/nn/checkpoint.h: trunk_of), the scorer reads what the policy has read. Or an
    // ensemble of several (ensemble_scorer.h).
    Scorer* scorer_beside(const std::string& name, const std::string& policy_file);
    // The stage's model was trained anew: it is loaded again when it is next asked for.
    void forget(const std::string& stage);

    const tokenizer::Tokenizer& tokenizer() const { return tokenizer_; }

  private:
    engine::Gpt& load(const std::string& file);
    Scorer* one_beside(const std::string& stage, const std::string& policy_file);

    std::string run_;
    uint64_t seed_;
    ProposerLimits limits_;
    tokenizer::Tokenizer tokenizer_;
    std::map<std::string, std::unique_ptr<engine::Gpt>> models_; // by file, as all of them
    // They refer to the models.
    std::map<std::string, std::unique_ptr<GptProposer>> policies_;
    std::map<std::string, std::unique_ptr<GptScorer>> scorers_;
    std::map<std::string, std::unique_ptr<EnsembleScorer>> ensembles_; // of these
};

// The files from which a search with this scorer and policy takes its models, those that are there
// and those that are not. policy: a file, or empty for the run's own.
std::vector<std::string> model_files(const std::string& run, const std::string& scorer,
                                     const std::string& policy = "");

} // namespace qstar::search
