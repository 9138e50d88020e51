#include "search/models/stage_models.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/run/run_folder.h"
#include "search/models/run.h"
#include "tokenizer/files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace qstar::search {

namespace {

bool same_file(const std::string& a, const std::string& b) {
    std::error_code error;
    return std::filesystem::equivalent(a, b, error);
}

} // namespace

StageModels::StageModels(std::string run, uint64_t seed, const ProposerLimits& limits)
    : run_(std::move(run)), seed_(seed), limits_(limits),
      tokenizer_(tokenizer::tokenizer_of_run(run_)) {}

std::string StageModels::file_of(const std::string& stage) const {
    return stage_model_file(run_, stage);
}

bool StageModels::has(const std::string& scorer) const {
    return std::ranges::all_of(scorer_named(scorer).stages, [&](const std::string& stage) {
        return stage != "none" && exists(stage_model_file(run_, stage));
    });
}

engine::Gpt& StageModels::load(const std::string& file) {
    auto& model = models_[file];
    if (model == nullptr) {
        check_made_for(file, run_, tokenizer_);
        model = std::make_unique<engine::Gpt>(engine::load_gpt(file));
    }
    return *model;
}

engine::Gpt& StageModels::model(const std::string& stage) {
    const std::string file = stage_model_file(run_, stage);
    if (!exists(file))
        fail("{} is missing: run `qstar train {} --run {}` first", file, stage_command(stage),
             run_);
    return load(file);
}

GptProposer& StageModels::policy(const std::string& stage) {
    model(stage); // says which stage is missing
    return policy_of_file(stage_model_file(run_, stage));
}

GptProposer& StageModels::policy_of_file(const std::string& file) {
    auto& policy = policies_[file];
    if (policy == nullptr)
        policy = std::make_unique<GptProposer>(load(file), tokenizer_, seed_, limits_);
    return *policy;
}

GptScorer* StageModels::scorer(const std::string& stage) {
    if (stage == "none") return nullptr;
    const std::string file = stage_model_file(run_, stage);
    const engine::Gpt& of = model(stage);
    if (!is_judge(of.config, file))
        fail("{}: expected a reward model with a scalar head, found a model without", file);
    auto& scorer = scorers_[file];
    if (scorer == nullptr) scorer = std::make_unique<GptScorer>(of, tokenizer_, reading_of(file));
    return scorer.get();
}

Scorer* StageModels::scorer_beside(const std::string& name, const std::string& policy_file) {
    if (name == "none") return nullptr;
    const ScorerName of = scorer_named(name);
    if (!of.bound) return one_beside(name, policy_file);
    auto& ensemble = ensembles_[name + " on " + policy_file];
    if (ensemble == nullptr) {
        std::vector<Scorer*> members;
        for (const std::string& stage : of.stages)
            members.push_back(one_beside(stage, policy_file));
        ensemble = std::make_unique<EnsembleScorer>(*of.bound, std::move(members), name);
    }
    return ensemble.get();
}

Scorer* StageModels::one_beside(const std::string& stage, const std::string& policy_file) {
    const std::string file = stage_model_file(run_, stage);
    const engine::Gpt& of = model(stage);
    const auto trunk = engine::trunk_of(file);
    if (!trunk || !same_file(*trunk, policy_file)) return scorer(stage);
    auto& scorer = scorers_[file + " on " + policy_file];
    if (scorer == nullptr)
        scorer = std::make_unique<GptScorer>(policy_of_file(policy_file), of, tokenizer_,
                                             reading_of(file));
    return scorer.get();
}

void StageModels::forget(const std::string& stage) {
    const std::string file = stage_model_file(run_, stage);
    policies_.erase(file);
    ensembles_.clear();
    std::erase_if(scorers_, [&](const auto& scorer) { // with those on its trunk
        return scorer.first == file || scorer.first.starts_with(file + " on ") ||
               scorer.first.ends_with(" on " + file);
    });
    models_.erase(file);
}

std::vector<std::string> model_files(const std::string& run, const std::string& scorer,
                                     const std::string& policy) {
    const std::string tokenizer = join_path(run, "tokenizer");
    std::vector<std::string> files = {join_path(tokenizer, "vocab.json"),
                                      join_path(tokenizer, "merges.txt"),
                                      join_path(tokenizer, "pretokenizer.json"),
                                      join_path(tokenizer, "tokenizer.json"),
                                      join_path(tokenizer, "form.json"),
                                      policy.empty() ? stage_model_file(run, "sft") : policy};
    if (scorer != "none")
        for (const std::string& stage : scorer_named(scorer).stages)
            files.push_back(stage_model_file(run, stage));
    return files;
}

} // namespace qstar::search
