#include "search/models/run.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/safetensors.h"
#include "engine/text/json.h"
#include "search/worlds/make_world.h"
#include "tokenizer/fingerprint.h"

namespace qstar::search {

namespace {

// The world of the run's corpus, or else of its problems; empty without both.
std::string own_world(const std::string& run) {
    const std::optional<JsonLine> flags = corpus_flags(run);
    if (!flags) return exists(problems_file(run)) ? "gsm8k:" + problems_file(run) : "";
    if (!has_field(*flags, "world")) return std::string(kDefaultWorld);
    const std::string world = string_field(*flags, "world");
    if (!is_world(world))
        fail("{}: field \"world\": expected {}, found \"{}\"", flags->where, known_worlds(), world);
    return world;
}

// Without its file, which may be moved: "gsm8k".
std::string kind_of(const std::string& world) { return world.substr(0, world.find(':')); }

} // namespace

std::optional<JsonLine> corpus_flags(const std::string& run) {
    const std::string path = join_path(run, "config.json");
    if (!exists(path)) return {};
    const JsonLine stages = object_field(read_json(path), "stages");
    if (!has_field(stages, "corpus")) return {};
    return object_field(stages, "corpus");
}

std::string problems_file(const std::string& run) {
    return join_path(join_path(run, "problems"), "problems.jsonl");
}

bool has_problems(const std::string& run) {
    return !corpus_flags(run) && exists(problems_file(run));
}

std::string stage_model_file(const std::string& run, const std::string& stage) {
    return join_path(join_path(run, stage), "model.safetensors");
}

std::string stage_command(const std::string& stage) {
    if (stage == "q-self-play") return "self-play";
    if (stage == "rollout-binary") return "rollout --search binary";
    const size_t dash = stage.find('-');
    if (dash == std::string::npos || stage == "self-play" || stage == "deep-q") return stage;
    return stage.substr(0, dash) + " --name " + stage;
}

std::string world_of(const std::string& run, const std::string& asked) {
    const std::string own = own_world(run);
    if (!own.empty() && !asked.empty() && !takes_problems_of(own, asked))
        fail("{} is a run of the world {}, not of {}", run, own, asked);
    return !asked.empty() ? asked : !own.empty() ? own : std::string(kDefaultWorld);
}

std::map<std::string, std::string> model_metadata(const std::string& run,
                                                  const tokenizer::Tokenizer& tokenizer) {
    std::map<std::string, std::string> metadata{{"tokenizer", tokenizer::fingerprint(tokenizer)}};
    if (const std::string world = own_world(run); !world.empty())
        metadata["world"] = kind_of(world);
    return metadata;
}

std::string_view name_of(Reading reading) {
    return reading == Reading::each_step ? "each step" : "whole solution";
}

bool judges_by_text(const std::string& model_file) {
    return engine::SafeTensorsReader(model_file).metadata().contains("reading");
}

bool is_judge(const engine::GptConfig& config, const std::string& model_file) {
    return config.scalar_head || judges_by_text(model_file);
}

Reading reading_of(const std::string& model_file) {
    const engine::SafeTensorsReader file(model_file);
    const auto said = file.metadata().find("reading");
    if (said == file.metadata().end()) {
        const size_t slash = model_file.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : model_file.substr(0, slash);
        const std::string stage = folder.substr(folder.rfind('/') + 1);
        return stage.starts_with("prm") ? Reading::each_step : Reading::whole_solution;
    }
    for (const Reading reading : {Reading::each_step, Reading::whole_solution})
        if (said->second == name_of(reading)) return reading;
    fail("{}: the metadata's reading: expected \"each step\" or \"whole solution\", found \"{}\"",
         model_file, said->second);
}

void check_made_for(const std::string& model_file, const std::string& run,
                    const tokenizer::Tokenizer& tokenizer) {
    const engine::SafeTensorsReader file(model_file);
    const auto said = [&](const char* key) {
        const auto found = file.metadata().find(key);
        return found == file.metadata().end() ? std::string() : found->second;
    };
    const std::string trained_with = said("tokenizer"), world = said("world");
    if (!trained_with.empty() && trained_with != tokenizer::fingerprint(tokenizer))
        fail(
            "{}: this model was trained with another tokenizer than {}/tokenizer: its tokens would "
            "mean other texts",
            model_file, run);
    if (const std::string own = kind_of(own_world(run));
        !world.empty() && !own.empty() && world != own)
        fail("{}: this model was made for the world {}, but {} is a run of the world {}",
             model_file, world, run, own);
}

} // namespace qstar::search
