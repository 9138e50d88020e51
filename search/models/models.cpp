#include "search/models/models.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/run/run_folder.h"
#include "search/models/run.h"
#include "tokenizer/files.h"

namespace qstar::search {

namespace {

std::string model_file(const std::string& run, const std::string& stage) {
    return join_path(join_path(run, stage), "model.safetensors");
}

} // namespace

std::vector<std::string> model_files(const std::string& run, const std::string& scorer,
                                     const std::string& policy) {
    const std::string tokenizer = join_path(run, "tokenizer");
    std::vector<std::string> files = {join_path(tokenizer, "vocab.json"),
                                      join_path(tokenizer, "merges.txt"),
                                      join_path(tokenizer, "pretokenizer.json"),
                                      policy.empty() ? model_file(run, "sft") : policy};
    if (scorer != "none") files.push_back(model_file(run, scorer));
    return files;
}

std::unique_ptr<Models> load_models(const std::string& run, const std::string& scorer,
                                    uint64_t seed, const std::string& policy,
                                    const ProposerLimits& limits) {
    require_run(run);
    if (scorer != "none" && !exists(model_file(run, scorer)))
        fail("unknown scorer \"{}\": expected one of none, orm, prm, q, or another reward model of "
             "the run, but there is no {}",
             scorer, model_file(run, scorer));
    const tokenizer::Tokenizer tokenizer = tokenizer::load_tokenizer(join_path(run, "tokenizer"));
    const auto load = [&](const std::string& file) {
        check_made_for(file, run, tokenizer);
        return engine::load_gpt(file);
    };
    auto models = std::make_unique<Models>(
        Models{tokenizer, load(policy.empty() ? model_file(run, "sft") : policy), nullptr, nullptr,
               nullptr});
    models->proposer =
        std::make_unique<GptProposer>(models->policy, models->tokenizer, seed, limits);
    if (scorer != "none") {
        const std::string file = model_file(run, scorer);
        models->reward = std::make_unique<engine::Gpt>(load(file));
        if (!models->reward->config.scalar_head)
            fail("{}: expected a reward model with a scalar head, found a model without", file);
        models->scorer =
            std::make_unique<GptScorer>(*models->reward, models->tokenizer, reading_of(file));
    }
    return models;
}

} // namespace qstar::search
