// Models into a run and out of it, and texts written on.

#include "engine/base/error.h"
#include "engine/formats/gguf_model.h"
#include "engine/formats/huggingface.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/lora.h"
#include "engine/text/jsonl.h"
#include "engine/text/utf8.h"
#include "search/exchange/complete.h"
#include "search/exchange/export_model.h"
#include "search/exchange/import_model.h"
#include "search/exchange/run_model.h"
#include "search/models/run.h"
#include "search/models/stage_models.h"
#include "tests/program.h"
#include "tests/refusal.h"
#include "tests/temporary.h"
#include "tokenizer/files.h"
#include "tokenizer/fingerprint.h"

#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

using namespace qstar;
using namespace qstar::search;

namespace {

// A model that writes this text whatever it is asked: the row of a position is the code of the
// token that follows there, and the blocks add nothing.
engine::Gpt reciting(const std::vector<int>& script, int64_t context = 40) {
    engine::GptConfig config;
    config.layers = 1;
    config.heads = 2;
    config.width = 32;
    config.context = context;
    config.vocab = tokenizer::Tokenizer().size();
    engine::Gpt model(config, Random(5, "reciting"));
    for (engine::Parameter& p : model.parameters)
        if (p.name.ends_with("c_proj.weight")) p.value.fill(0);
    const engine::Tensor table = model.parameter("wte.weight").value;
    for (int64_t token = 0; token < config.vocab; ++token) {
        float* const row = table.data() + token * config.width;
        double mean = 0, square = 0;
        for (int64_t i = 0; i < config.width; ++i) mean += row[i] / double(config.width);
        for (int64_t i = 0; i < config.width; ++i) row[i] -= float(mean);
        for (int64_t i = 0; i < config.width; ++i) square += row[i] * row[i];
        for (int64_t i = 0; i < config.width; ++i) row[i] /= float(std::sqrt(square));
    }
    const engine::Tensor places = model.parameter("wpe.weight").value;
    for (size_t at = 0; at < script.size() && std::ssize(script) <= context; ++at)
        for (int64_t i = 0; i < config.width; ++i)
            places[static_cast<int64_t>(at) * config.width + i] =
                20 * table[script[at] * config.width + i];
    return model;
}

// After a begin token and a prompt of `given` bytes it writes `text`.
std::vector<int> script_of(size_t given, const std::string& text, int end) {
    std::vector<int> script(given, 0);
    for (const int id : tokenizer::Tokenizer().encode(text)) script.push_back(id);
    script.push_back(end);
    return script;
}

const int text_end = tokenizer::Tokenizer().special(tokenizer::kEndOfText);

// A run with a tokenizer of bytes and this policy.
void make_run(const std::string& run, const engine::Gpt& model, const std::string& stage = "sft") {
    const tokenizer::Tokenizer tokenizer;
    make_folders(join_path(run, stage));
    tokenizer::save_tokenizer(tokenizer, join_path(run, "tokenizer"));
    engine::save_gpt(join_path(join_path(run, stage), "model.safetensors"), model,
                     model_metadata(run, tokenizer));
}

std::string model_bytes(const std::string& run, const std::string& stage = "sft") {
    return read_file(join_path(join_path(run, stage), "model.safetensors"));
}

} // namespace

TEST_CASE("a text is written on from a prompt, to the token that ends it") {
    // Two characters of more than a byte, and a byte that is no character.
    const std::string said = "n\xc3\xa4mlich \xe4\xbd\xa0!\xff.";
    const RunModel model{reciting(script_of(3, said, text_end)), {}, "x"};
    const RunEnds ends{{text_end}, {text_end}};
    std::string streamed;
    const Completion done =
        write_on(model, ends, "abc", 30, {0, 0, 1}, 1, [&](std::string_view piece) {
            const size_t good = utf8_end(piece); // whole characters, but for the bad byte
            CHECK((good == piece.size() || piece[good] == '\xff'));
            streamed += piece;
        });
    CHECK(done.text == said);
    CHECK(streamed == said);
    CHECK(done.end == Completion::End::token);
    CHECK(done.prompt_ids.size() == 4); // the begin token before it
    CHECK(done.ids.size() == said.size() + 1);
    CHECK(done.ids.back() == text_end);
    CHECK(done.log_probs.size() == done.ids.size());

    // What it says of its tokens is what the model says in one go.
    std::vector<int> all = done.prompt_ids;
    all.insert(all.end(), done.ids.begin(), done.ids.end() - 1);
    engine::Tape tape;
    engine::Gpt gpt = model.gpt;
    const engine::NoGrad look(tape);
    const auto time = std::ssize(all);
    const engine::Tensor logits =
        tape.value(engine::logits(tape, gpt, engine::hidden(tape, gpt, all, 1, time)));
    for (size_t i = 0; i < done.ids.size(); ++i) {
        const float* row = logits.data() + static_cast<int64_t>(3 + i) * gpt.config.vocab;
        double sum = 0;
        for (int64_t v = 0; v < gpt.config.vocab; ++v) sum += std::exp(double(row[v]));
        CHECK(done.log_probs[i] ==
              doctest::Approx(double(row[done.ids[i]]) - std::log(sum)).epsilon(1e-4));
    }

    CHECK(write_on(model, ends, "abc", 4, {0, 0, 1}, 1).text == said.substr(0, 4));
    // A prompt that writes the begin token out has it once.
    CHECK(write_on(model, ends, "<|endoftext|>abc", 30, {0, 0, 1}, 1).ids == done.ids);
    const Completion hot = write_on(model, ends, "abc", 8, {5, 0, 1}, 7);
    CHECK(hot.ids == write_on(model, ends, "abc", 8, {5, 0, 1}, 7).ids);
    CHECK(hot.ids != write_on(model, ends, "abc", 8, {5, 0, 1}, 8).ids);
    CHECK(write_on(model, ends, "abc", 30, {5, 1, 1}, 7).ids == done.ids); // top_k 1

    const Completion full = write_on(model, {{}, {}}, std::string(38, 'x'), 30, {0, 0, 1}, 1);
    CHECK(full.end == Completion::End::context);
    CHECK(full.ids.size() == 2);
    CHECK(tests::refusal_of([&] {
              write_on(model, ends, "", 3, {0, 0, 1}, 1);
          }) == "the prompt is empty: say what to write on from");
    CHECK(tests::refusal_of([&] {
              write_on(model, ends, std::string(50, 'x'), 3, {0, 0, 1}, 1);
          }) == "the prompt has 51 tokens, but the model's context is 40: nothing can follow it");
    const RunModel reward{engine::with_scalar_head(model.gpt), {}, "y"};
    CHECK(tests::refusal_of([&] {
              write_on(reward, ends, "abc", 3, {0, 0, 1}, 1);
          }) == "y: a reward model rates texts and writes none");
}

TEST_CASE("a run's model goes out in both forms and comes in again with the same bytes") {
    const Temporary folder;
    const std::string run = folder / "run";
    make_run(run, reciting(script_of(3, "so it is.", text_end)));
    for (const std::string format : {"hf", "gguf"}) {
        CAPTURE(format);
        const std::string out = folder / ("out." + format), again = folder / ("again-" + format);
        ExportOptions options;
        options.quiet = true;
        options.run = run;
        options.format = format;
        options.out = out;
        export_model(options);
        CHECK(tests::refusal_of([&] {
                  export_model(options);
              }).starts_with("--out " + out + ": it is"));
        options.force = true;
        export_model(options);

        ImportOptions in;
        in.quiet = true;
        in.path = out;
        in.run = again;
        import_model(in);
        const engine::Gpt there = engine::load_gpt(join_path(again, "sft/model.safetensors"));
        const engine::Gpt here = engine::load_gpt(join_path(run, "sft/model.safetensors"));
        CHECK(there.config == here.config);
        for (size_t i = 0; i < here.parameters.size(); ++i) {
            const auto a = here.parameters[i].value.values(),
                       b = there.parameters[i].value.values();
            CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
        }
        CHECK(model_bytes(again, "pretrain") == model_bytes(again, "sft"));
        if (format == "hf") // the other says that <|endoftext|> begins a text
            CHECK(tokenizer::fingerprint(tokenizer::load_tokenizer(join_path(
                      again, "tokenizer"))) == tokenizer::fingerprint(tokenizer::Tokenizer()));
        CHECK(tokenizer::load_tokenizer(join_path(again, "tokenizer")).encode("a<|step|>") ==
              tokenizer::Tokenizer().encode("a<|step|>"));
        const RunModel model = load_run_model(again, "", "sft");
        const RunEnds ends = ends_of(again, model.tokenizer);
        CHECK(ends.end.size() == 2); // <|endoftext|>, <|answer|>
        CHECK(write_on(model, ends, "abc", 30, {0, 0, 1}, 1).text == "so it is.");
        // And out again: what came in.
        options.run = again;
        make_folders(folder / "later");
        options.out = folder / ("later/out." + format);
        export_model(options);
        if (format == "gguf") CHECK(read_file(options.out) == read_file(out));
        if (format == "hf")
            for (const auto& file : std::filesystem::directory_iterator(out))
                CHECK(read_file(file.path().string()) ==
                      read_file(join_path(options.out, file.path().filename().string())));

        // A stage-like record, for what trains further.
        const Json done = read_json(join_path(again, "sft/done.json")).value;
        CHECK(done["flags"]["imported"] == out);
        CHECK(done["result"]["parameters"] == here.parameter_count());
        CHECK(read_json(join_path(again, "config.json")).value["stages"].contains("pretrain"));
        StageModels models(again, 1);
        CHECK(models.policy("sft").complete({}).empty());

        // Nothing is replaced without a word.
        const std::string before = model_bytes(again);
        CHECK(tests::refusal_of([&] { import_model(in); }) ==
              join_path(again, "pretrain") +
                  ": there is a model already: add --force to put this one in its place");
        in.force = true;
        import_model(in);
        CHECK(model_bytes(again) == before);
        CHECK(!exists(join_path(again, "sft.old")));
    }
}

TEST_CASE("a reward model goes out as a classifier and comes in as one") {
    const Temporary folder;
    const std::string run = folder / "run", again = folder / "again";
    engine::Gpt reward = engine::with_scalar_head(reciting({}));
    reward.parameter("score.weight").value[3] = 0.75f;
    reward.parameter("score.bias").value[0] = -2;
    make_run(run, reward, "prm");
    ExportOptions out;
    out.quiet = true;
    out.run = run;
    out.stage = "prm";
    out.out = folder / "hf";
    export_model(out);
    ImportOptions in;
    in.quiet = true;
    in.path = out.out;
    in.run = again;
    import_model(in);
    CHECK(reading_of(join_path(again, "orm/model.safetensors")) == Reading::each_step);
    const engine::Gpt back = engine::load_gpt(join_path(again, "orm/model.safetensors"));
    CHECK(back.parameter("score.weight").value[3] == 0.75f);
    CHECK(back.parameter("score.bias").value[0] == -2);
    CHECK(!exists(join_path(again, "sft")));
    in.stage = "prm-theirs";
    import_model(in); // beside it
    CHECK(model_bytes(again, "prm-theirs") == model_bytes(again, "orm"));
    in.stage = "../x";
    CHECK(tests::refusal_of([&] { import_model(in); }).starts_with("--stage: expected a name"));
    out.format = "gguf";
    out.out = folder / "x.gguf";
    CHECK(
        tests::refusal_of([&] { export_model(out); }).starts_with("a reward model of the family "));
    CHECK(!exists(out.out));
}

TEST_CASE("an adapter comes in with the model it belongs to") {
    const Temporary folder;
    const std::string run = folder / "run";
    engine::Gpt model = reciting(script_of(3, "so it is.", text_end));
    make_run(run, model);
    engine::train_only(model, {engine::Trains::lora, 2}, Random(1, "lora"), 1);
    for (engine::Parameter& p : model.parameters)
        if (p.name.ends_with("lora_B.weight")) p.value.fill(0.5f);
    make_run(run, engine::merged(model), "adapted");
    engine::save_adapter(join_path(run, "adapted"), model, "../sft");

    ImportOptions in;
    in.quiet = true;
    in.path = join_path(run, "adapted");
    in.run = folder / "again";
    in.context = 40;
    import_model(in); // the base lies where the adapter says
    const engine::Gpt whole = engine::load_gpt(join_path(run, "adapted/model.safetensors"));
    const engine::Gpt back = engine::load_gpt(join_path(in.run, "sft/model.safetensors"));
    for (size_t i = 0; i < whole.parameters.size(); ++i) {
        const auto a = whole.parameters[i].value.values(), b = back.parameters[i].value.values();
        CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
    }
    const std::string there = model_bytes(in.run);

    // Or in a folder that is named.
    ExportOptions out;
    out.quiet = true;
    out.run = run;
    out.out = folder / "hf";
    export_model(out);
    const std::string alone = folder / "alone";
    make_folders(alone);
    for (const char* name : {"adapter_config.json", "adapter_model.safetensors"})
        write_file_atomic(join_path(alone, name), read_file(join_path(in.path, name)));
    in.path = alone;
    in.run = folder / "third";
    CHECK(tests::refusal_of([&] { import_model(in); }) ==
          alone + ": the adapter belongs to \"../sft\", which does not lie here: say with --base "
                  "where it is");
    in.base = out.out;
    import_model(in);
    CHECK(model_bytes(in.run) == there);
    in.path = out.out;
    CHECK(tests::refusal_of([&] { import_model(in); }) ==
          "--base " + out.out + ": " + out.out +
              " is no adapter, which has an adapter_config.json");
}

TEST_CASE("a judge that is a language model is one after it went out and came in") {
    const Temporary folder;
    const std::string run = folder / "run";
    make_run(run, reciting({}), "prm");
    const std::string file = join_path(run, "prm/model.safetensors");
    const engine::Gpt model = engine::load_gpt(file);
    auto metadata = model_metadata(run, tokenizer::Tokenizer());
    metadata["reading"] = name_of(Reading::whole_solution);
    engine::save_gpt(file, model, metadata);
    for (const std::string format : {"hf", "gguf"}) {
        CAPTURE(format);
        ExportOptions out;
        out.quiet = true;
        out.run = run;
        out.stage = "prm";
        out.format = format;
        out.out = folder / format;
        export_model(out);
        ImportOptions in;
        in.quiet = true;
        in.path = out.out;
        in.run = folder / ("from-" + format);
        in.stage = "prm";
        import_model(in);
        const std::string back = join_path(in.run, "prm/model.safetensors");
        CHECK(judges_by_text(back));
        CHECK(reading_of(back) == Reading::whole_solution);
    }
}

TEST_CASE("an import that fails leaves a run as it was") {
    const Temporary folder;
    const std::string run = folder / "run", hf = folder / "hf";
    make_run(run, reciting(script_of(3, "x", text_end)));
    ExportOptions out;
    out.quiet = true;
    out.run = run;
    out.out = hf;
    export_model(out);
    const std::string before = model_bytes(run);
    ImportOptions in;
    in.quiet = true;
    in.path = hf;
    in.run = run;
    in.force = true;
    const std::string json = join_path(hf, "tokenizer.json");
    const std::string tokenizer = read_file(json);
    write_file_atomic(json, tokenizer.substr(0, 100));
    CHECK(tests::refusal_of([&] { import_model(in); }).starts_with(json + ":"));
    write_file_atomic(json, tokenizer);
    write_file_atomic(join_path(hf, "generation_config.json"), "{\"eos_token_id\": 260}");
    CHECK(tests::refusal_of([&] { import_model(in); }) ==
          hf + ": 260 is said to begin or end a text, but is no token");
    write_file_atomic(join_path(hf, "model.safetensors"), "short");
    CHECK(tests::refusal_of([&] { import_model(in); }).starts_with(hf + "/model.safetensors: "));
    in.path = folder / "none";
    CHECK(tests::refusal_of([&] { import_model(in); }) ==
          in.path + ": there is no such file or folder");
    in.path = folder.file("text.gguf", "hello");
    CHECK(tests::refusal_of([&] {
              import_model(in);
          }).starts_with(in.path + ": expected a GGUF file"));
    CHECK(model_bytes(run) == before);
    CHECK(!exists(join_path(run, "pretrain")));
    for (const auto& entry : std::filesystem::directory_iterator(run))
        CHECK(!tests::contains(entry.path().string(), ".tmp"));
}

TEST_CASE("a model on the standard output is that alone") {
    const Temporary folder;
    make_run(folder / "run", reciting(script_of(3, "x", text_end)));
    const auto to = [&](const std::string& out) {
        return tests::run_program(folder, "engine export --format gguf --run '" + (folder / "run") +
                                              "' --out " + out);
    };
    const auto printed = to("-");
    CHECK(printed.status == 0);
    CHECK(tests::contains(printed.error, ": gpt2 as -"));
    write_file_atomic(folder / "printed.gguf", printed.out);
    const engine::GgufReader read(folder / "printed.gguf");
    CHECK(to("'" + (folder / "-.gguf") + "'").status == 0);
    CHECK(read_file(folder / "-.gguf") == printed.out);
}

TEST_CASE("a model is that of a stage of the run, or the run says which ones it has") {
    const Temporary folder;
    const std::string run = folder / "run";
    make_run(run, reciting(script_of(3, "x", text_end)));
    const auto said = [&](const std::string& stage) {
        return tests::refusal_of([&] { load_run_model(run, "", stage); });
    };
    for (const std::string stage :
         {"../run/sft", "..", ".", "", "/sft", "sft/", "sft/../sft", "a b"})
        CHECK(said(stage) ==
              "--stage: expected the name of a stage, as sft or prm-2, found \"" + stage + "\"");
    for (const std::string stage : {"dpo", "self-play/round-1"})
        CHECK(said(stage) ==
              run + "/" + stage + "/model.safetensors is missing: " + run + " has models of sft");
    CHECK(load_run_model(run, "", "sft").file == run + "/sft/model.safetensors");
}

TEST_CASE("an export replaces nothing but an export, with --force too") {
    const Temporary folder;
    const std::string run = folder / "run", other = folder / "other";
    make_run(run, reciting(script_of(3, "x", text_end)));
    make_run(other, reciting(script_of(3, "y", text_end)));
    ExportOptions options;
    options.quiet = true;
    options.run = run;
    options.force = true;
    const auto refused = [&](const std::string& out, const std::string& sentence) {
        options.out = out;
        CHECK(tests::refusal_of([&] { export_model(options); }) ==
              "--out " + out + ": " + sentence);
    };
    const auto folder_of = [](const std::string& what) {
        return "it holds \"" + what + "\", which no export has written, and is not replaced";
    };
    const std::string before = model_bytes(run), theirs = model_bytes(other);
    write_json(join_path(other, "config.json"), Json::object()); // as an export has one
    write_json(join_path(other, "sft/done.json"), Json::object());
    refused(run, folder_of("sft"));
    refused(other, folder_of("sft"));
    refused(other + "/", folder_of("sft"));
    refused(join_path(other, "sft"), folder_of("done.json"));
    CHECK(model_bytes(run) == before);
    CHECK(model_bytes(other) == theirs);

    // A slash at its end is none of its name, and a link stays one.
    const std::string hf = folder / "hf", link = folder / "link";
    options.out = hf + "/";
    for (int time = 0; time < 2; ++time) {
        export_model(options);
        CHECK(exists(join_path(hf, "model.safetensors")));
    }
    std::filesystem::create_directory_symlink(hf, link);
    std::filesystem::remove(join_path(hf, "tokenizer.json"));
    options.out = link;
    export_model(options);
    CHECK(std::filesystem::is_symlink(link));
    CHECK(exists(join_path(hf, "tokenizer.json")));

    options.format = "gguf";
    const std::string text = folder.file("notes.txt", "precious");
    refused(text, "it is no GGUF file, and is not replaced");
    CHECK(read_file(text) == "precious");
    options.out = folder.file("empty", "");
    export_model(options);
    export_model(options);
    CHECK(read_file(options.out).starts_with("GGUF"));
}

TEST_CASE("an import replaces models alone, with --force too") {
    const Temporary folder;
    const std::string run = folder / "run", hf = folder / "hf";
    make_run(run, reciting(script_of(3, "x", text_end)));
    ExportOptions out;
    out.quiet = true;
    out.run = run;
    out.out = hf;
    export_model(out);
    ImportOptions in;
    in.quiet = true;
    in.path = hf;
    in.run = run;
    in.force = true;
    const std::string labels = join_path(run, "labels");
    make_folders(labels);
    write_file_atomic(join_path(labels, "steps.jsonl"), "a person's");
    in.stage = "labels";
    CHECK(tests::refusal_of([&] { import_model(in); }) ==
          labels + ": it holds no model, and is not replaced");
    CHECK(read_file(join_path(labels, "steps.jsonl")) == "a person's");
    for (const std::string stage : {"corpus", "tokenizer", "problems"}) {
        in.stage = stage;
        CHECK(tests::refusal_of([&] { import_model(in); }) ==
              "--stage: expected the name of a stage with a model, found \"" + stage + "\"");
    }
}

TEST_CASE("the program completes, in plain text and as JSON") {
    const Temporary folder;
    const std::string run = folder / "run";
    make_run(run, reciting(script_of(3, "so it is.", text_end)));
    const auto plain = tests::run_program(folder, "engine complete abc --run " + run);
    CHECK(plain.status == 0);
    CHECK(plain.out == "so it is.\n");
    CHECK(plain.error == "");
    const auto json = tests::run_program(folder, "engine complete abc --json --run " + run);
    const Json said = parse_json(json.out, "out");
    CHECK(said["text"] == "so it is.");
    CHECK(said["prompt_ids"].size() == 4);
    CHECK(said["ids"].size() == 10);
    CHECK(said["log_probs"].size() == 10);
    const auto full = tests::run_program(folder, "engine complete " + std::string(38, 'x') +
                                                     " --tokens 9 --run " + run);
    CHECK(full.status == 0);
    CHECK(full.error == "complete: the context of 40 tokens is full\n");
    const auto empty = tests::run_program(folder, "engine complete '' --run " + run);
    CHECK(empty.status == 2);
    CHECK(empty.error == "qstar: the prompt is empty: say what to write on from\n");
    const auto none = tests::run_program(folder, "engine complete x --run " + (folder / "no"));
    CHECK(none.status == 2);
    CHECK(tests::contains(none.error, "there is no such run"));
}

TEST_CASE("a begin that is named, though no text begins with it, goes out again") {
    const Temporary folder;
    const std::string run = folder / "run";
    make_run(run, reciting(script_of(3, "so it is.", text_end)));
    // As of GPT-2: its vocabulary without our marks.
    const tokenizer::Tokenizer tokenizer = tokenizer::load_tokenizer(join_path(run, "tokenizer"));
    write_file_atomic(ends_file(run), "{\"bos_token_id\": 65, \"eos_token_id\": 66}");
    const RunEnds ends = ends_of(run, tokenizer);
    CHECK(ends.begin == std::vector<int>{text_end}); // of ours it is known
    CHECK(ends.bos == text_end);
    CHECK(ends.end == std::vector<int>{66});
    std::vector<std::string> bytes;
    for (int id = 0; id < 256; ++id) bytes.push_back(tokenizer.token(id));
    const tokenizer::Tokenizer others(std::move(bytes), {}, {});
    CHECK(ends_of(run, others).begin.empty());
    CHECK(ends_of(run, others).bos == 65);
    CHECK(as_configured(ends_of(run, others)).begin == 65);
}
