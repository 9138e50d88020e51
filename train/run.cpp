#include "train/run.h"

#include "engine/checkpoint/checkpoint.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"
#include "engine/io/sha256.h"
#include "tokenizer/files.h"
#include "train/form.h"

#include <filesystem>

namespace qstar::train {

namespace {

std::string config_path(const std::string& run) { return join_path(run, "config.json"); }

Json read_config(const std::string& run) {
    const std::string path = config_path(run);
    if (!exists(path)) return Json{{"seed", 1}, {"stages", Json::object()}};
    const JsonLine line = read_json(path);
    const int64_t seed = int_field(line, "seed");
    if (seed < 0) fail("{}: field \"seed\": expected 0 or more, found {}", path, seed);
    object_field(line, "stages");
    return line.value;
}

// The first flag in which two records differ; empty if they are equal.
std::string first_difference(const Json& before, const Json& now, const std::string& prefix = "") {
    for (const auto& [name, value] : now.items()) {
        if (!before.contains(name)) return prefix + name + " was not given, now " + value.dump();
        if (value.is_object() && before[name].is_object()) {
            const std::string inner = first_difference(before[name], value, prefix + name + ".");
            if (!inner.empty()) return inner;
        } else if (before[name] != value) {
            return prefix + name + " was " + before[name].dump() + ", now " + value.dump();
        }
    }
    for (const auto& [name, value] : before.items())
        if (!now.contains(name)) return prefix + name + " was " + value.dump() + ", now not given";
    return "";
}

// Stages that take a text as a whole.
bool takes_whole_texts(const std::string& stage) {
    return stage == "corpus" || stage == "pretrain" || stage == "sft" || stage == "sample" ||
           stage.starts_with("star");
}

} // namespace

uint64_t seed_of(const StageOptions& options) {
    if (options.seed) return *options.seed;
    return read_config(options.run)["seed"].get<uint64_t>();
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
    if (!exists(path)) fail("{} is missing: run `qstar train {} --run {}` first", path, stage, run);
}

std::string given_or_of_stage(const std::string& given, const std::string& run,
                              const std::string& stage, const std::string& name) {
    if (!given.empty()) return given;
    std::string own = stage_file(run, stage, name);
    require(run, stage, own);
    return own;
}

engine::Gpt load_model(const std::string& run, const std::string& stage) {
    const std::string path = model_path(run, stage);
    require(run, stage, path);
    return engine::load_gpt(path);
}

tokenizer::Tokenizer load_tokenizer(const std::string& run) {
    const std::string folder = join_path(run, "tokenizer");
    if (!exists(join_path(folder, "vocab.json")))
        fail("{}/vocab.json is missing: run `qstar train corpus --run {}` first, or for other text "
             "`qstar tokenizer train`",
             folder, run);
    return tokenizer::load_tokenizer(folder);
}

void check_vocab(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
                 const std::string& run) {
    if (model.config.vocab != tokenizer.size())
        fail("{}/tokenizer has {} tokens, but the model was made for {}", run, tokenizer.size(),
             model.config.vocab);
}

Json input(const std::string& path) { return sha256_file(path); }

bool begin_stage(const StageOptions& options, const std::string& stage, const Json& flags) {
    if (!takes_whole_texts(stage)) require_steps(options.run, "train " + stage);
    const std::string folder = stage_folder(options.run, stage);
    make_folders(options.run);
    const FileLock lock(join_path(options.run, "config.lock")); // two stages may begin at once
    Json config = read_config(options.run);
    const bool new_run = !exists(config_path(options.run));
    Json& stages = config["stages"];
    const std::string done = join_path(folder, "done.json");

    if (options.force) {
        std::filesystem::remove_all(folder);
    } else if (stages.contains(stage)) {
        const std::string difference = first_difference(stages[stage], flags);
        const bool started = exists(done) || exists(join_path(folder, "state.safetensors")) ||
                             exists(join_path(folder, "partial"));
        if (started && !difference.empty())
            fail("{} was made with other flags: {}; add --force to make it anew", folder,
                 difference);
        if (exists(done)) {
            if (!options.quiet)
                fmt::print("{}: finished already with these flags ({})\n", stage, folder);
            return false;
        }
    }
    make_folders(folder);
    if (new_run && options.seed) config["seed"] = *options.seed;
    stages[stage] = flags;
    write_json(config_path(options.run), config);
    return true;
}

void finish_stage(const StageOptions& options, const std::string& stage, const Json& result) {
    const Json config = read_config(options.run);
    write_json(stage_file(options.run, stage, "done.json"),
               Json{{"flags", config["stages"][stage]}, {"result", result}});
}

} // namespace qstar::train
