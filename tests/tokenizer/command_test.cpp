#include "tokenizer/command.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tokenizer/files.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace qstar::tokenizer;

namespace {

// Runs `tokenizer ...` in this process and returns what it printed. The output
// goes through a file in place of stdout, as the command writes with stdio.
std::string run(const Temporary& scratch, std::vector<std::string> arguments) {
    CLI::App app;
    add_command(app);
    arguments.insert(arguments.begin(), "tokenizer");
    std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
    std::fflush(stdout);
    const int saved = ::dup(STDOUT_FILENO);
    REQUIRE(std::freopen((scratch / "stdout").c_str(), "w", stdout) != nullptr);
    const auto restore = [&] {
        std::fflush(stdout);
        ::dup2(saved, STDOUT_FILENO);
        ::close(saved);
    };
    try {
        app.parse(std::move(arguments));
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
    CHECK_THROWS_AS(run(scratch, {"info", "--wrong"}), CLI::ParseError);
}
