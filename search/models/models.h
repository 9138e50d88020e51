#pragma once
// The models of a run's folder, ready to search with:
//   DIR/tokenizer/{vocab.json,merges.txt}  DIR/sft/model.safetensors (the policy)
//   DIR/orm/model.safetensors  DIR/prm/model.safetensors

#include "engine/nn/gpt.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "tokenizer/bpe.h"

#include <memory>
#include <string>
#include <vector>

namespace qstar::search {

struct Models {
    tokenizer::Tokenizer tokenizer;
    engine::Gpt policy;
    std::unique_ptr<engine::Gpt> reward;   // none without a scorer
    std::unique_ptr<GptProposer> proposer; // they refer to the members above
    std::unique_ptr<GptScorer> scorer;
};

// scorer: "none", "orm", "prm", "q", or the folder of another reward model in the run
// ("prm-soft"). policy: a file, or empty for the run's own. Error if a file is missing or
// the models' vocabularies differ from the tokenizer's.
std::unique_ptr<Models> load_models(const std::string& run, const std::string& scorer,
                                    uint64_t seed, const std::string& policy = "",
                                    const ProposerLimits& limits = {});

// The files that load_models() reads, those that are there and those that are not.
std::vector<std::string> model_files(const std::string& run, const std::string& scorer,
                                     const std::string& policy = "");

} // namespace qstar::search
