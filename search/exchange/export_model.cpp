#include "search/exchange/export_model.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/formats/gguf_model.h"
#include "engine/formats/huggingface.h"
#include "engine/io/files.h"
#include "engine/io/output.h"
#include "engine/io/streams.h"
#include "engine/nn/checkpoint.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "search/exchange/gguf_tokens.h"
#include "search/exchange/run_model.h"
#include "search/exchange/text_ends.h"
#include "search/models/run.h"
#include "tokenizer/files.h"
#include "tokenizer/tokenizer_json.h"

#include <algorithm>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace qstar::search {

namespace {

constexpr std::string_view kExported[] = {"config.json",       "generation_config.json",
                                          "model.safetensors", "special_tokens_map.json",
                                          "tokenizer.json",    "tokenizer_config.json"};

// The one that was imported, byte for byte, or else ours in that form.
std::string tokenizer_text(const std::string& run, const tokenizer::Tokenizer& tokenizer) {
    const std::string given = join_path(join_path(run, "tokenizer"), "tokenizer.json");
    return exists(given) ? read_file(given) : tokenizer::tokenizer_json_text(tokenizer);
}

void write_tokenizer_files(const std::string& folder, const std::string& run,
                           const tokenizer::Tokenizer& tokenizer, const RunEnds& ends,
                           int64_t context) {
    write_file_atomic(join_path(folder, "tokenizer.json"), tokenizer_text(run, tokenizer));
    Json special = Json::object();
    if (ends.bos >= 0) special["bos_token"] = tokenizer.token(ends.bos);
    if (!ends.end.empty()) special["eos_token"] = tokenizer.token(ends.end.front());
    write_json(join_path(folder, "special_tokens_map.json"), special);
    Json config{{"tokenizer_class", "PreTrainedTokenizerFast"},
                {"model_max_length", context},
                {"clean_up_tokenization_spaces", false}};
    config.update(special);
    write_json(join_path(folder, "tokenizer_config.json"), config);
}

// Where a link leads, and without a slash at its end.
std::string real_place(const std::string& path) {
    std::string place = std::filesystem::weakly_canonical(path).string();
    while (place.size() > 1 && place.ends_with('/')) place.pop_back();
    return place;
}

// How a judge's scores are read; empty for a policy.
std::string reading_within(const RunModel& of) {
    return is_judge(of.gpt.config, of.file) ? std::string(name_of(reading_of(of.file))) : "";
}

void export_huggingface(const ExportOptions& options, const RunModel& of, const RunEnds& ends) {
    namespace fs = std::filesystem;
    const std::string place = real_place(options.out);
    const std::string made = fmt::format("{}.{}.tmp", place, ::getpid());
    try {
        fs::remove_all(made);
        make_folders(made);
        engine::HfConfig config{of.gpt.config, as_configured(ends), ""};
        config.reading = reading_within(of);
        engine::write_huggingface(made, of.gpt, config, engine::weight_type(options.type));
        write_tokenizer_files(made, options.run, of.tokenizer, ends, of.gpt.config.context);
        replace_folder(place, made, made + ".old");
    } catch (...) {
        fs::remove_all(made);
        throw;
    }
}

void export_gguf(const ExportOptions& options, const RunModel& of, const RunEnds& ends) {
    const std::string name = std::filesystem::path(options.out).stem().string();
    engine::GgufContents contents =
        engine::gguf_model(of.gpt, name, engine::weight_type(options.type));
    if (const std::string reading = reading_within(of); !reading.empty())
        contents.text("qstar.reading", reading);
    const std::string inexact = put_tokens(contents, of.tokenizer, ends, of.gpt.config.vocab);
    engine::write_gguf(options.out, contents);
    if (!inexact.empty()) fmt::print(stderr, "export: {}\n", inexact);
}

// What stands in a folder beside the files of an export; empty: nothing.
std::string not_exported(const std::string& folder) {
    std::vector<std::string> foreign;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || std::ranges::find(kExported, name) == std::end(kExported))
            foreign.push_back(name);
    }
    return foreign.empty() ? "" : *std::min_element(foreign.begin(), foreign.end());
}

// Or an empty file, or a device.
bool may_be_gguf(const std::string& path) {
    if (!std::filesystem::is_regular_file(path)) return true;
    const FileReader file(path);
    char magic[4];
    if (file.size() == 0) return true;
    if (file.size() < sizeof magic) return false;
    file.read_at(0, magic, sizeof magic);
    return std::string_view(magic, sizeof magic) == "GGUF";
}

void check_place(const ExportOptions& options) {
    if (!exists(options.out)) return;
    const bool folder = is_folder(options.out);
    if (folder != (options.format == "hf"))
        fail("--out {}: expected a {}, found a {}", options.out, folder ? "file" : "folder",
             folder ? "folder" : "file");
    if (options.force) {
        const std::string foreign = folder ? not_exported(options.out) : "";
        if (!foreign.empty())
            fail("--out {}: it holds \"{}\", which no export has written, and is not replaced",
                 options.out, foreign);
        if (!folder && !may_be_gguf(options.out))
            fail("--out {}: it is no GGUF file, and is not replaced", options.out);
        return;
    }
    if (!folder || !std::filesystem::is_empty(options.out))
        fail("--out {}: it is there already: add --force to replace it", options.out);
}

} // namespace

void describe(Flags& f, ExportOptions& o) {
    f.text("run", o.run, "folder of the run");
    f.text("stage", o.stage, "the stage whose model it is");
    f.text("policy", o.policy, "a model's file, instead of a stage's");
    f.choice("format", o.format, {"hf", "gguf"}, "a folder for transformers, or llama.cpp's file");
    f.choice("type", o.type, {"f32", "f16", "bf16"},
             "numbers of the weights; in a GGUF file of its matrices");
    f.text("out", o.out, "the folder or the file to write").required();
    f.mark("force", o.force, "replace what is there").quiet();
    f.mark("quiet", o.quiet, "no messages").quiet();
}

void export_model(const ExportOptions& options) {
    check(flags_of(options));
    check_place(options);
    const RunModel of = load_run_model(options.run, options.policy, options.stage);
    const RunEnds ends = ends_of(options.run, of.tokenizer);
    engine::one_writes([&] {
        if (options.format == "hf")
            export_huggingface(options, of, ends);
        else
            export_gguf(options, of, ends);
    });
    if (!options.quiet)
        fmt::print(messages_beside(options.out), "{}: {} as {}\n", of.file,
                   engine::family_name(of.gpt.config.family), options.out);
}

} // namespace qstar::search
