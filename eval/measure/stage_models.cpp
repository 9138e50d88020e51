#include "eval/measure/stage_models.h"

#include "engine/io/files.h"
#include "search/models/run.h"
#include "train/run/run.h"

namespace qstar::eval {

StageModels::StageModels(const std::string& run, uint64_t seed,
                         const search::ProposerLimits& limits)
    : run_(run), seed_(seed), limits_(limits), tokenizer_(train::load_tokenizer(run)) {}

engine::Gpt& StageModels::model(const std::string& stage) {
    auto& model = models_[stage];
    if (model == nullptr) model = std::make_unique<engine::Gpt>(train::load_model(run_, stage));
    return *model;
}

search::Proposer& StageModels::policy(const std::string& stage) {
    auto& policy = policies_[stage];
    if (policy == nullptr)
        policy = std::make_unique<search::GptProposer>(model(stage), tokenizer_, seed_, limits_);
    return *policy;
}

search::Scorer* StageModels::scorer(const std::string& stage) {
    if (stage == "none") return nullptr;
    auto& scorer = scorers_[stage];
    const engine::Gpt& of = model(stage); // says which stage is missing
    if (scorer == nullptr)
        scorer = std::make_unique<search::GptScorer>(
            of, tokenizer_, search::reading_of(train::model_path(run_, stage)));
    return scorer.get();
}

bool StageModels::has(const std::string& stage) const {
    return stage != "none" && exists(train::model_path(run_, stage));
}

} // namespace qstar::eval
