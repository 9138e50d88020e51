// The real program: `qstar search` over a run with tiny random models.
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/text/jsonl.h"
#include "tests/program.h"
#include "tokenizer/files.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>

using namespace qstar;
using namespace qstar::tests;

namespace {

struct Run : Temporary {
    Run() {
        const tokenizer::Tokenizer tokenizer;
        tokenizer::save_tokenizer(tokenizer, *this / "tokenizer");
        engine::GptConfig config;
        config.layers = 1;
        config.heads = 2;
        config.width = 16;
        config.context = 48;
        config.vocab = tokenizer.size();
        const engine::Gpt model(config, Random(4, "search/command_test"));
        for (const char* stage : {"sft", "orm", "prm"}) make_folders(*this / stage);
        engine::save_gpt(*this / "sft/model.safetensors", model);
        engine::save_gpt(*this / "orm/model.safetensors", engine::with_scalar_head(model));
        engine::save_gpt(*this / "prm/model.safetensors", engine::with_scalar_head(model));
    }
    ProgramOutput search(const std::string& arguments) const {
        return run_program(*this, fmt::format("search {} --run '{}'", arguments, path));
    }
    // What is wrong, in one line, with status 2 and nothing on stdout.
    std::string refusal(const std::string& arguments) const {
        const ProgramOutput output = search(arguments);
        CHECK(output.status == 2);
        CHECK(output.out.empty());
        CHECK(output.error.starts_with("qstar: "));
        CHECK(std::count(output.error.begin(), output.error.end(), '\n') == 1);
        return output.error;
    }
};

} // namespace

TEST_CASE("one problem on the command line") {
    const Run run;
    for (const char* problem : {"'3*(4+5)-2'", "'-2*(3/6)'", "'What is 3 less than 5?'"}) {
        const ProgramOutput output = run.search(std::string("--method best-of-n --samples 4 "
                                                            "--scorer prm ") +
                                                problem);
        CHECK_MESSAGE(output.status == 0, output.error);
        CHECK(contains(output.out, "answer"));
        CHECK(contains(output.out, "tokens"));
    }
    CHECK(contains(run.search("--method astar --trace --budget 200 1+1").out, "Step 1"));
}

TEST_CASE("a file of problems, the same lines each time") {
    const Run run;
    write_file_atomic(run / "problems.txt", "1+2\n\nWhat is 6/4?\n{\"question\": \"7-(2-3)\"}\n");
    for (const char* method : {"greedy", "majority", "best-of-n --scorer orm", "beam --scorer prm",
                               "astar --scorer prm"}) {
        const std::string arguments =
            fmt::format("--problems '{}' --budget 300 --method {} --out '{}'", run / "problems.txt",
                        method, run / "results.jsonl");
        const ProgramOutput output = run.search(arguments);
        REQUIRE_MESSAGE(output.status == 0, output.error);
        auto lines = read_jsonl(run / "results.jsonl");
        REQUIRE(lines.size() == 3);
        CHECK(lines[1].value["problem"] == "6/4");
        for (const JsonLine& line : lines) {
            CHECK(strings_field(line, "steps").size() <= 24);
            CHECK(int_field(line, "tokens") > 0);
            CHECK(int_field(line, "tokens") < 1000);
            CHECK(int_field(line, "expanded") >= 0);
            CHECK(int_field(line, "generated") >= 0);
            CHECK(number_field(line, "seconds") >= 0);
            bool_field(line, "correct");
            string_field(line, "answer");
        }
        REQUIRE(run.search(arguments + " --threads 1").status == 0);
        const auto again = read_jsonl(run / "results.jsonl");
        for (size_t i = 0; i < lines.size(); ++i)
            for (const char* field : {"answer", "steps", "tokens", "score"})
                CHECK(again[i].value[field] == lines[i].value[field]);
    }
}

TEST_CASE("what is wrong is said in one sentence") {
    const Run run;
    write_file_atomic(run / "bad.txt", "1+2\n3/(2-2)\n");
    write_file_atomic(run / "results.jsonl", "kept\n");
    const std::string file = fmt::format("--problems '{}' ", run / "bad.txt");
    CHECK(contains(run.refusal(file + "--out '" + (run / "results.jsonl") + "'"),
                   "bad.txt:2: division by zero"));
    CHECK(read_file(run / "results.jsonl") == "kept\n");
    CHECK(contains(run.refusal("1/0"), "division by zero"));
    CHECK(contains(run.refusal("'In base 3, what is 1 + 1?'"), "outside the world"));
    CHECK(contains(run.refusal("1+1 --method dfs"),
                   "greedy, majority, best-of-n, beam, mcts, astar, qstar"));
    CHECK(contains(run.refusal("1+1 --scorer q"), "unknown scorer"));
    CHECK(contains(run.refusal("1+1 --method best-of-n"), "needs --scorer"));
    const std::string unknown = run.refusal("1+1 --world chess");
    for (const char* known : {"unknown world \"chess\"", "powers", "gsm8k:FILE", "cube3"})
        CHECK(contains(unknown, known));
    CHECK(contains(run.refusal("1+1 --budget 0"), "budget"));
    CHECK(contains(run.refusal("1+1 --top-k -1"), "top-k"));
    CHECK(contains(run.refusal("1+1 --top-p 0"), "top-p"));
    CHECK(contains(run.refusal("1+1 --no-such-flag"), "no-such-flag"));
    CHECK(contains(run.refusal(""), "either a problem"));
    CHECK(contains(run.refusal("1+1 --problems x"), "either a problem"));
    CHECK(contains(run.refusal("--problems /no/such/file"), "/no/such/file"));
    CHECK(contains(run.refusal("1+1 --policy /no/such/model"), "/no/such/model"));
    CHECK(contains(run.refusal("1+2+3+4+5+6+7+8+9+1+2+3+4+5+6+7+8+9+1+2+3+4+5+6+7+8+9"),
                   "its prompt has 56 tokens, the model's context is 48"));
    std::filesystem::resize_file(run / "sft/model.safetensors", 100);
    CHECK(contains(run.refusal("1+1"), "model.safetensors"));
    std::filesystem::remove_all(run / "tokenizer");
    CHECK(contains(run.refusal("1+1"), "there is no such run: make one with"));
}

TEST_CASE("countdown's target is named where a line does not tell it; bad lines may be left out") {
    const Run run;
    const std::string hands = run.file("hands", "1 1 4 6\n1 1 1 1\n3 3 8 8\n");
    CHECK(contains(run.refusal("--world countdown '1 1 4 6'"), "found two readings"));
    CHECK(contains(run.refusal("--world countdown --problems '" + hands + "'"),
                   "hands:1: expected to know the target"));
    CHECK(contains(run.refusal("--world countdown --target 24 --problems '" + hands + "'"),
                   "hands:2: 24 cannot be reached"));
    CHECK(contains(run.refusal("--target 24 1+1"), "--target is for the world countdown"));
    CHECK(contains(run.refusal("--world sliding --target 24 '1 2 3 0'"),
                   "--target is for the world countdown"));
    CHECK(contains(run.refusal("--skip-bad 1+1"), "without --problems"));
    const ProgramOutput output = run.search(
        "--world countdown --method greedy --target 24 --skip-bad --problems '" + hands + "'");
    CHECK_MESSAGE(output.status == 0, output.error);
    CHECK(contains(output.error, "1 bad line of "));
    CHECK(std::count(output.out.begin(), output.out.end(), '\n') == 2);
    CHECK(contains(output.out, "\"problem\":\"1 1 4 6 24\",\"input\":\"1 1 4 6\""));
    const ProgramOutput one = run.search("--world countdown --method greedy --target 6 '1 1 4'");
    CHECK_MESSAGE(one.status == 0, one.error);
    CHECK(contains(one.out, "1 1 4 6"));
}
