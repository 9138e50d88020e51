#include "train/run/run.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "engine/nn/checkpoint.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "search/models/run.h"
#include "tokenizer/files.h"

namespace qstar::train {

void describe(Flags& f, StageOptions& o) {
    f.text("run", o.run, "folder of the run");
    f.seed(o.seed);
    f.mark("force", o.force, "make it anew, whatever is there").quiet();
    f.mark("quiet", o.quiet, "no progress, no messages").quiet();
}

void describe_skip_bad(Flags& f, StageOptions& o) {
    f.mark("skip-bad", o.skip_bad, "leave out the file's bad lines, and say how many")
        .only_if(o.skip_bad);
}

uint64_t seed_of(const StageOptions& options) {
    if (options.seed) return *options.seed;
    return read_config(options.run)["seed"].get<uint64_t>();
}

Json record_with_seed(Flags flags) {
    auto& seed = *std::get<std::optional<uint64_t>*>(flags["seed"].value);
    if (!seed) seed = read_config(*std::get<std::string*>(flags["run"].value))["seed"];
    return record(flags);
}

std::string stage_folder(const std::string& run, const std::string& stage) {
    const bool plural = stage == "sample" || stage == "label" || stage == "rank";
    return join_path(run, plural ? stage + "s" : stage);
}

std::string stage_file(const std::string& run, const std::string& stage, const std::string& name) {
    return join_path(stage_folder(run, stage), name);
}

std::string model_path(const std::string& run, const std::string& stage) {
    return stage_file(run, stage, "model.safetensors");
}

void require(const std::string& run, const std::string& stage, const std::string& path) {
    if (!exists(path)) require_run(run);
    if (!exists(path))
        fail("{} is missing: run `qstar train {} --run {}` first", path,
             search::stage_command(stage), run);
}

std::string given_or_of_stage(const std::string& given, const std::string& run,
                              const std::string& stage, const std::string& name) {
    if (!given.empty()) return given;
    std::string own = stage_file(run, stage, name);
    require(run, stage, own);
    return own;
}

engine::Gpt load_model(const std::string& path) { return engine::load_gpt(path); }

engine::Gpt load_model(const std::string& run, const std::string& stage) {
    const std::string path = model_path(run, stage);
    require(run, stage, path);
    search::check_made_for(path, run, load_tokenizer(run));
    return engine::load_gpt(path);
}

tokenizer::Tokenizer load_tokenizer(const std::string& run) {
    return tokenizer::tokenizer_of_run(run);
}

void check_vocab(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
                 const std::string& run) {
    // Models of others may have rows for more, so that their number is a round one.
    if (model.config.vocab < tokenizer.size())
        fail("{}/tokenizer has {} tokens, but the model was made for {}", run, tokenizer.size(),
             model.config.vocab);
}

Json input(const std::string& path) { return sha256_file(path); }

} // namespace qstar::train
