#include "search/exchange/import_model.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/formats/gguf_model.h"
#include "engine/formats/huggingface.h"
#include "engine/formats/peft.h"
#include "engine/io/files.h"
#include "engine/io/work_lock.h"
#include "engine/nn/checkpoint.h"
#include "engine/run/run_folder.h"
#include "engine/text/joined.h"
#include "engine/text/jsonl.h"
#include "search/exchange/gguf_tokens.h"
#include "search/exchange/text_ends.h"
#include "search/models/run.h"
#include "search/worlds/words/gsm8k.h"
#include "tokenizer/files.h"
#include "tokenizer/fingerprint.h"
#include "tokenizer/form_reader.h"
#include "tokenizer/tokenizer_json.h"

#include <filesystem>
#include <fmt/core.h>
#include <map>
#include <memory>
#include <vector>

namespace qstar::search {

namespace {

namespace fs = std::filesystem;

// What was read, all of it before anything is written.
struct Foreign {
    engine::Gpt gpt;
    tokenizer::Tokenizer tokenizer;
    std::string tokenizer_json; // as it was given; empty: there was none
    engine::TextEnds ends;
    std::string reading;
};

Foreign read_folder(const std::string& path, int64_t context) {
    const std::string json = join_path(path, "tokenizer.json");
    if (!exists(json) && !exists(join_path(path, "vocab.json")))
        fail("{}: expected a tokenizer.json, or vocab.json and merges.txt, beside the model", path);
    tokenizer::Tokenizer tokenizer =
        exists(json) ? tokenizer::read_tokenizer_json(json) : tokenizer::load_tokenizer(path);
    engine::HfModel model = engine::read_huggingface(path, context);
    return {std::move(model.gpt), std::move(tokenizer), exists(json) ? read_file(json) : "",
            std::move(model.config.ends), std::move(model.config.reading)};
}

Foreign read_gguf(const std::string& path, int64_t context) {
    const engine::GgufReader file(path);
    tokenizer::Tokenizer tokenizer = tokenizer_of_gguf(file);
    engine::TextEnds ends = ends_of_gguf(file);
    std::string reading = file.has("qstar.reading") ? file.text("qstar.reading") : "";
    return {engine::read_gguf_model(file, context), std::move(tokenizer), "", std::move(ends),
            std::move(reading)};
}

// A stage of a run, whose tokenizer lies beside it.
bool is_stage(const std::string& path) {
    return exists(join_path(path, "model.safetensors")) &&
           !exists(join_path(path, "config.json")) &&
           tokenizer::has_tokenizer(join_path(path, "../tokenizer"));
}

Foreign read_stage(const std::string& path) {
    const std::string run = join_path(path, "..");
    const std::string model = join_path(path, "model.safetensors");
    tokenizer::Tokenizer tokenizer = tokenizer::load_tokenizer(join_path(run, "tokenizer"));
    check_made_for(model, run, tokenizer);
    engine::TextEnds ends = as_configured(ends_of(run, tokenizer));
    return {engine::load_gpt(model), std::move(tokenizer), "", std::move(ends), ""};
}

Foreign read_model(const std::string& path, int64_t context) {
    if (!exists(path)) fail("{}: there is no such file or folder", path);
    return is_folder(path) ? read_folder(path, context) : read_gguf(path, context);
}

Foreign read_adapter(const ImportOptions& options) {
    const std::string base =
        !options.base.empty()
            ? options.base
            : engine::base_of_adapter(options.path, "say with --base where it is");
    Foreign read = is_stage(base) ? read_stage(base) : read_model(base, options.context);
    read.gpt = engine::with_adapter(read.gpt, options.path);
    return read;
}

Foreign read_foreign(const ImportOptions& options) {
    const bool adapter = engine::is_adapter(options.path);
    if (!adapter && !options.base.empty())
        fail("--base {}: {} is no adapter, which has an adapter_config.json", options.base,
             options.path);
    Foreign read = adapter ? read_adapter(options) : read_model(options.path, options.context);
    if (read.tokenizer.size() > read.gpt.config.vocab)
        fail("{}: the tokenizer has {} tokens, but the model knows {}", options.path,
             read.tokenizer.size(), read.gpt.config.vocab);
    const auto check_end = [&](int64_t id) {
        if (id < 0 || id >= read.tokenizer.size() || read.tokenizer.is_hole(static_cast<int>(id)))
            fail("{}: {} is said to begin or end a text, but is no token", options.path, id);
    };
    if (read.ends.begin) check_end(*read.ends.begin);
    for (const int64_t id : read.ends.end) check_end(id);
    return read;
}

tokenizer::Form form_for(const ImportOptions& options, const tokenizer::Tokenizer& tokenizer) {
    if (!options.text.empty()) return tokenizer::form_named(options.text);
    const std::string own = join_path(join_path(options.run, "tokenizer"), "form.json");
    if (exists(own)) return tokenizer::read_form(own);
    return tokenizer::form_named(special_id(tokenizer, tokenizer::kStep) >= 0 ? "marks" : "gsm8k");
}

void check_stage_name(const std::string& name) {
    if (!is_folder_name(name))
        fail("--stage: expected a name of letters, digits, '-', '_' and '.', found \"{}\"", name);
    if (name == "tokenizer" || name == "corpus" || name == "problems")
        fail("--stage: expected the name of a stage with a model, found \"{}\"", name);
}

std::vector<std::string> stages_for(const ImportOptions& options, bool reward) {
    if (!options.stage.empty()) {
        check_stage_name(options.stage);
        return {options.stage};
    }
    if (reward) return {"orm"};
    return {"pretrain", "sft"};
}

void check_free(const ImportOptions& options, const std::vector<std::string>& stages,
                const tokenizer::Tokenizer& tokenizer) {
    for (const std::string& stage : stages) {
        const std::string place = join_path(options.run, stage);
        if (!exists(place) || (is_folder(place) && fs::is_empty(place))) continue;
        if (!exists(join_path(place, "model.safetensors")))
            fail("{}: it holds no model, and is not replaced", place);
        if (!options.force)
            fail("{}: there is a model already: add --force to put this one in its place", place);
    }
    if (options.force) return;
    const std::string own = join_path(options.run, "tokenizer");
    if (!exists(own)) return;
    if (tokenizer::fingerprint(tokenizer::load_tokenizer(own)) != tokenizer::fingerprint(tokenizer))
        fail("{}: the run has another tokenizer than {}: take another --run, or add --force to "
             "put this one in its place",
             own, options.path);
}

// Where a folder is made. What a killed program left there is removed by the next.
std::string aside(const std::string& run, const std::string& name) {
    return join_path(run, name + ".import.tmp");
}

void put_folder(const std::string& made, const std::string& place) {
    replace_folder(place, made, place + ".old");
}

void write_tokenizer(const Foreign& foreign, const std::string& run) {
    const std::string place = join_path(run, "tokenizer"), made = aside(run, "tokenizer");
    fs::remove_all(made);
    make_folders(made);
    tokenizer::save_tokenizer(foreign.tokenizer, made);
    if (!foreign.tokenizer_json.empty())
        write_file_atomic(join_path(made, "tokenizer.json"), foreign.tokenizer_json);
    write_json(join_path(made, "generation_config.json"),
               engine::generation_config_json(foreign.ends));
    put_folder(made, place);
}

void write_problems(const ImportOptions& options) {
    if (corpus_flags(options.run))
        fail("{}: has problems of its own, by its corpus: expected a run without one", options.run);
    const std::string file = problems_file(options.run),
                      given = read_file_of_lines(options.problems);
    if (exists(file) && !options.force && read_file(file) != given)
        fail("{}: there are problems already: add --force to put these in their place", file);
    make_folders(join_path(options.run, "problems"));
    write_file_atomic(file, given);
}

Json sizes_json(const engine::Gpt& gpt) {
    const engine::GptConfig& c = gpt.config;
    return Json{{"family", std::string(engine::family_name(c.family))},
                {"layers", c.layers},
                {"width", c.width},
                {"heads", c.heads},
                {"context", c.context},
                {"vocab", c.vocab},
                {"parameters", gpt.parameter_count()}};
}

Json record_of_import(const ImportOptions& options) {
    Json record{{"imported", options.path}, {"context", options.context}};
    if (!options.base.empty()) record["base"] = options.base;
    return record;
}

// The stages' folders beside their places; the weights are written once.
void make_stages(const Foreign& foreign, const ImportOptions& options,
                 const std::vector<std::string>& stages) {
    std::map<std::string, std::string> metadata = model_metadata(options.run, foreign.tokenizer);
    if (!foreign.reading.empty()) metadata["reading"] = foreign.reading;
    std::string first;
    for (const std::string& stage : stages) {
        const std::string made = aside(options.run, stage);
        fs::remove_all(made);
        make_folders(made);
        const std::string model = join_path(made, "model.safetensors");
        std::error_code no_links;
        if (!first.empty()) fs::create_hard_link(first, model, no_links);
        if (first.empty() || no_links) engine::save_gpt(model, foreign.gpt, metadata);
        first = model;
        write_json(join_path(made, "done.json"),
                   Json{{"flags", record_of_import(options)}, {"result", sizes_json(foreign.gpt)}});
    }
}

void put_into_run(const Foreign& foreign, const ImportOptions& options,
                  const std::vector<std::string>& stages) {
    engine::one_writes([&] {
        make_folders(options.run);
        std::vector<std::unique_ptr<WorkLock>> locks;
        for (const std::string& stage : stages) {
            const std::string place = join_path(options.run, stage);
            locks.push_back(std::make_unique<WorkLock>(place + ".lock", place));
        }
        check_free(options, stages, foreign.tokenizer);
        try {
            if (!options.problems.empty()) write_problems(options);
            make_stages(foreign, options, stages);
            write_tokenizer(foreign, options.run);
            for (const std::string& stage : stages)
                put_folder(aside(options.run, stage), join_path(options.run, stage));
            for (const std::string& stage : stages)
                put_on_record(options.run, stage, record_of_import(options));
        } catch (...) {
            for (const std::string& stage : stages) fs::remove_all(aside(options.run, stage));
            fs::remove_all(aside(options.run, "tokenizer"));
            throw;
        }
    });
}

} // namespace

void describe(Flags& f, ImportOptions& o) {
    f.argument("PATH", o.path,
               "A model's folder as Hugging Face has it, a GGUF file, or an adapter of PEFT")
        .required();
    f.text("base", o.base,
           "the model that an adapter belongs to, or a stage's folder (default: as it says)")
        .file();
    f.text("run", o.run, "folder of the run");
    f.text("stage", o.stage, "put it there alone, instead of pretrain and sft (a classifier: orm)");
    f.text(
         "problems", o.problems,
         "problems that the run's stages solve, in GSM8K's form, a line each: train, dev and test "
         "by their hash")
        .file();
    f.text("text", o.text,
           "how problems and steps stand in its texts: marks, gsm8k, math, plain or a file "
           "(default: as the run has it, else marks or gsm8k)")
        .offers({"marks", "gsm8k", "math", "plain"})
        .file();
    f.number("context", o.context, 1, 1'000'000, "longest text in tokens, if the model has more");
    f.mark("force", o.force, "put it in the place of models that are there").quiet();
    f.mark("quiet", o.quiet, "no messages").quiet();
}

void import_model(const ImportOptions& options) {
    check(flags_of(options));
    if (!options.problems.empty()) read_word_problems(options.problems); // an Error now, not later
    Foreign foreign = read_foreign(options);
    foreign.tokenizer = foreign.tokenizer.with_form(form_for(options, foreign.tokenizer));
    const tokenizer::FormReader fits(foreign.tokenizer); // an Error now, not later
    const engine::GptConfig& c = foreign.gpt.config;
    const std::vector<std::string> stages = stages_for(options, c.scalar_head);
    put_into_run(foreign, options, stages);
    if (options.quiet) return;
    fmt::print("{}: {} L{} D{} H{}/{} T{} V{}, {} parameters, {} tokens, as {} of {}\n",
               options.path, engine::family_name(c.family), c.layers, c.width, c.heads,
               engine::kv_heads(c), c.context, c.vocab, foreign.gpt.parameter_count(),
               foreign.tokenizer.size(), joined(stages, " and "), options.run);
}

} // namespace qstar::search
