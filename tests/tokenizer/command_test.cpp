#include "tokenizer/command.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tokenizer/files.h"

#include <algorithm>
#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>
#include <unistd.h>

using namespace qstar::tokenizer;

namespace {

// Runs `tokenizer ...` in this process and returns what it printed. The output
// goes through a file in place of stdout, as the command writes with stdio.
std::string run(const Temporary& scratch, std::vector<std::string> arguments) {
    qstar::Command program{"qstar", "its tokenizer alone"};
    program.commands = {command()};
    arguments.insert(arguments.begin(), "tokenizer");
    std::fflush(stdout);
    const int saved = ::dup(STDOUT_FILENO);
    REQUIRE(std::freopen((scratch / "stdout").c_str(), "w", stdout) != nullptr);
    const auto restore = [&] {
        std::fflush(stdout);
        ::dup2(saved, STDOUT_FILENO);
        ::close(saved);
    };
    try {
        run_line(program, arguments);
    } catch (...) {
        restore();
        throw;
    }
    restore();
    return qstar::read_file(scratch / "stdout");
}

} // namespace

TEST_CASE("train, encode, decode and info work together") {
    const Temporary scratch;
    qstar::write_file_atomic(scratch / "train.jsonl",
                             "{\"question\": \"the cat\", \"answer\": \"the mat 12\"}\n\n"
                             "{\"question\": \"the hat\", \"answer\": \"the bat 34\"}\n");
    const std::string out =
        run(scratch, {"train", "--text", scratch / "train.jsonl", "--field", "question", "--field",
                      "answer", "--vocab", "262", "--run", scratch.path});
    CHECK(out.find("merges           2\n") != out.npos);
    CHECK(out.find("documents        2\n") != out.npos);
    CHECK(out.find("bytes            36\n") != out.npos); // 7 + newline + 10, twice
    CHECK(load_tokenizer(scratch / "tokenizer").size() == 262);

    // Ids by GPT-2's order: '<' is 27, '|' is 91.
    const std::string ids = run(scratch, {"encode", "--run", scratch.path, "1<|step|>"});
    CHECK(ids == "16 260\n");
    CHECK(run(scratch, {"encode", "--dir", scratch / "tokenizer", "--as-text", "<|"}) == "27 91\n");
    CHECK(run(scratch, {"decode", "--run", scratch.path, "16", "260"}) == "1<|step|>");

    qstar::write_file_atomic(scratch / "plain.txt", "the cat");
    CHECK(run(scratch, {"encode", "--run", scratch.path, "--file", scratch / "plain.txt"}) ==
          run(scratch, {"encode", "--run", scratch.path, "the cat"}));
    const std::string info =
        run(scratch, {"info", "--run", scratch.path, "--text", scratch / "plain.txt"});
    CHECK(info.find("vocabulary       262\n") != info.npos);
    CHECK(info.find("<|step|>=260") != info.npos);
    CHECK(info.find("bytes            7\n") != info.npos);
}

TEST_CASE("text of others is counted as pre-training reads it, worksheets by their marks") {
    const Temporary scratch;
    const std::string text = scratch.file("text.txt", "12<|step|>12<|answer|>");
    const auto tokens = [](const std::string& out) {
        const size_t at = out.find("tokens           ");
        return out.substr(at + 17, out.find('\n', at) - at - 17);
    };
    const std::string plain =
        run(scratch, {"train", "--text", text, "--vocab", "260", "--run", scratch.path});
    CHECK(tokens(plain) == "22");
    CHECK(tokens(run(scratch, {"info", "--run", scratch.path, "--text", text})) == "22");
    CHECK(tokens(run(scratch, {"train", "--text", text, "--worksheets", "--vocab", "260", "--run",
                               scratch.path})) == "6");
    CHECK(tokens(run(scratch, {"info", "--run", scratch.path, "--text", text, "--worksheets"})) ==
          "6");
}

TEST_CASE("a byte order mark before a text is no part of it") {
    const Temporary scratch;
    save_tokenizer(Tokenizer(), scratch.path);
    const std::string text = scratch.file("marked.txt", "\xEF\xBB\xBF"
                                                        "12");
    const std::string lines = scratch.file("marked.JSONL", "\xEF\xBB\xBF{\"a\": \"12\"}\n");
    const std::string two = "bytes            2\n";
    CHECK(run(scratch, {"info", "--dir", scratch.path, "--text", text}).find(two) !=
          std::string::npos);
    CHECK(
        run(scratch, {"info", "--dir", scratch.path, "--text", lines, "--field", "a"}).find(two) !=
        std::string::npos);
}

TEST_CASE("the tokenizer of a run that has a model is not trained anew") {
    for (const std::string model : {"pretrain/model.safetensors", "sft/state.safetensors",
                                    "star/round-1/model.safetensors"}) {
        CAPTURE(model);
        const Temporary run_folder;
        const std::string text = run_folder.file("text.txt", "ab ab cd cd");
        const std::string folder = run_folder / "tokenizer";
        save_tokenizer(Tokenizer(), folder);
        const std::string vocabulary = qstar::read_file(folder + "/vocab.json");
        qstar::make_folders(std::filesystem::path(run_folder / model).parent_path().string());
        run_folder.file(model, "");
        for (const std::vector<std::string>& place :
             {std::vector<std::string>{"--run", run_folder.path},
              std::vector<std::string>{"--out", folder},
              std::vector<std::string>{"--out", folder + "//"}}) {
            std::vector<std::string> arguments = {"train", "--text", text, "--vocab", "262"};
            arguments.insert(arguments.end(), place.begin(), place.end());
            CHECK_THROWS_WITH_AS(run(run_folder, arguments), doctest::Contains("in a new run"),
                                 qstar::Error);
            CHECK(qstar::read_file(folder + "/vocab.json") == vocabulary);
        }
        run(run_folder, {"train", "--text", text, "--vocab", "262", "--out", run_folder / "other"});
        std::filesystem::remove(run_folder / model);
        run(run_folder, {"train", "--text", text, "--vocab", "262", "--run", run_folder.path});
        CHECK(load_tokenizer(folder).size() == 262);
    }
}

TEST_CASE("what a vocabulary's tokens hold does not reach the terminal as it is") {
    const Temporary scratch;
    save_tokenizer(Tokenizer(), scratch.path);
    std::string vocabulary = qstar::read_file(scratch / "vocab.json");
    vocabulary.insert(vocabulary.rfind('}') - 1, ",\n \"<\\u001b[31m\\u0007\\u0000\\u009b>\": 260");
    scratch.file("vocab.json", vocabulary);
    const std::string info = run(scratch, {"info", "--dir", scratch.path});
    CHECK(info.find("<\\x1b[31m\\x07\\x00\\xc2\\x9b>=260") != info.npos);
    CHECK(std::none_of(info.begin(), info.end(),
                       [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n'; }));
    CHECK(run(scratch, {"decode", "--dir", scratch.path, "260"}).find('\x1b') !=
          std::string::npos); // the real bytes
}

TEST_CASE("wrong input is refused in a sentence") {
    const Temporary scratch;
    save_tokenizer(Tokenizer(), scratch.path);
    qstar::write_file_atomic(scratch / "bad.jsonl", "{\"a\": \"b\"}\n{\"a\": \n");
    const auto error = [&](std::vector<std::string> arguments) -> std::string {
        try {
            run(scratch, std::move(arguments));
        } catch (const qstar::Error& caught) {
            return caught.what();
        }
        return "no error";
    };
    const std::string bad = scratch / "bad.jsonl", out = scratch / "out";
    CHECK(error({"train", "--text", bad, "--field", "a", "--out", out}).starts_with(bad + ":2: "));
    CHECK(error({"train", "--text", bad, "--field", "q", "--out", out}).starts_with(bad + ":"));
    CHECK(error({"train", "--text", bad, "--out", out}) ==
          bad + ": a .jsonl file needs --field NAME to say which text to take");
    CHECK(error({"train", "--text", scratch / "vocab.json", "--vocab", "3", "--out", out})
              .starts_with("a vocabulary of 3 is too small"));
    CHECK_FALSE(qstar::exists(out));
    CHECK(error({"decode", "--dir", scratch.path, "1x"}) == "expected a token id, found '1x'");
    CHECK(error({"decode", "--dir", scratch.path, "260"}).starts_with("token id 260 is outside"));
    CHECK(error({"info"}) == "say where the tokenizer is: either --dir DIR or --run DIR");
    CHECK_THROWS_AS(run(scratch, {"info", "--wrong"}), qstar::WrongLine);
}
