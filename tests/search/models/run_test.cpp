// A run knows its world and its tokenizer; what was made for another one is refused.
#include "search/models/run.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "search/models/class_range.h"
#include "search/models/method.h"
#include "search/worlds/make_world.h"
#include "tests/program.h"
#include "tests/search/tiny_models.h"
#include "tokenizer/files.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>

using namespace qstar;
using namespace qstar::search;

namespace {

using Metadata = std::map<std::string, std::string>;

// A run of a world with tiny models, whose files say what they were made for.
struct RunOf : Temporary {
    explicit RunOf(const std::string& world, const Metadata& of_scorer = {}) {
        file("config.json", R"({"seed": 1, "stages": {"corpus": {"world": ")" + world + R"("}}})");
        const tokenizer::Tokenizer tokenizer;
        tokenizer::save_tokenizer(tokenizer, *this / "tokenizer");
        const engine::Gpt model = chatty(48);
        for (const char* stage : {"sft", "prm"}) make_folders(*this / stage);
        const Metadata own = model_metadata(path, tokenizer);
        engine::save_gpt(*this / "sft/model.safetensors", model, own);
        engine::save_gpt(*this / "prm/model.safetensors", engine::with_scalar_head(model),
                         of_scorer.empty() ? own : of_scorer);
    }
    tests::ProgramOutput search(const std::string& arguments) const {
        return tests::run_program(*this, fmt::format("search {} --run '{}'", arguments, path));
    }
};

} // namespace

TEST_CASE("a run knows its world") {
    const RunOf countdown("countdown"), words("words");
    const Temporary none;
    CHECK(world_of(countdown.path) == "countdown");
    CHECK(world_of(countdown.path, "countdown") == "countdown");
    CHECK_THROWS_WITH_AS(world_of(countdown.path, "arithmetic"),
                         doctest::Contains("is a run of the world countdown, not of arithmetic"),
                         Error);
    CHECK(world_of(words.path, "gsm8k:test.jsonl") == "gsm8k:test.jsonl");
    CHECK_THROWS_AS(world_of(countdown.path, "gsm8k:test.jsonl"), Error);
    CHECK(world_of(none.path) == "arithmetic");
    CHECK(world_of(none.path, "words") == "words");
}

TEST_CASE("a world that a run's record names and nobody knows is refused with the record's name") {
    for (const std::string name : {"nosuch", "", "gsm8k:", "gsm8k"}) {
        CAPTURE(name);
        const Temporary run;
        run.file("config.json",
                 R"({"seed": 1, "stages": {"corpus": {"world": ")" + name + R"("}}})");
        CHECK_THROWS_WITH_AS(world_of(run.path),
                             doctest::Contains("config.json: stages: corpus: field \"world\": "
                                               "expected arithmetic, "),
                             Error);
        CHECK_THROWS_AS(world_of(run.path, "arithmetic"), Error);
    }
}

TEST_CASE("qstar search solves problems of the run's world alone") {
    const RunOf countdown("countdown"), arithmetic("arithmetic");
    CHECK(countdown.search("'1 5 8 11 24' --method greedy").status == 0);
    const auto expression = countdown.search("'3+4*5' --method greedy");
    CHECK(expression.status == 2);
    CHECK(tests::contains(expression.error, "is a run of the world countdown"));
    CHECK(expression.out.empty());
    const auto other = arithmetic.search("'1 5 8 11 24' --world countdown --method greedy");
    CHECK(other.status == 2);
    CHECK(tests::contains(other.error, "is a run of the world arithmetic, not of countdown"));
}

TEST_CASE("a model that was made for another world or tokenizer is refused") {
    const tokenizer::Tokenizer tokenizer;
    const RunOf run("arithmetic", {{"world", "countdown"}});
    const auto world = run.search("'3+4' --method best-of-n --scorer prm");
    CHECK(world.status == 2);
    CHECK(tests::contains(world.error, "made for the world countdown"));

    const RunOf swapped("arithmetic", {{"tokenizer", std::string(64, '0')}});
    const auto words = swapped.search("'3+4' --method best-of-n --scorer prm");
    CHECK(words.status == 2);
    CHECK(tests::contains(words.error, "trained with another tokenizer"));
    CHECK(swapped.search("'3+4' --method greedy").status == 0); // its policy is its own
    // As large, but with other words.
    std::vector<std::string> tokens = tokenizer::byte_tokens();
    std::swap(tokens['1'], tokens['2']);
    std::vector<int> specials;
    for (const std::string_view name : tokenizer::kSpecialTokens) {
        specials.push_back(static_cast<int>(tokens.size()));
        tokens.emplace_back(name);
    }
    tokenizer::save_tokenizer(tokenizer::Tokenizer(tokens, {}, specials), swapped / "tokenizer");
    const auto changed = swapped.search("'3+4' --method greedy");
    CHECK(changed.status == 2);
    CHECK(tests::contains(changed.error, "sft/model.safetensors: this model was trained with"));
    // Files that say nothing, as older ones, are taken at their word.
    check_made_for(RunOf("words", {{"stage", "prm"}}) / "prm/model.safetensors", run.path,
                   tokenizer);
}

TEST_CASE("Q* takes self-play's policy and Q where the run has both and nothing else is named") {
    const RunOf run("arithmetic");
    const auto search = [&](const char* flags) {
        return run.search(fmt::format("3+4 --method qstar --budget 60 {}", flags));
    };
    CHECK(tests::contains(search("").error, "unknown scorer \"q\""));
    for (const char* stage : {"self-play", "q-self-play"}) {
        make_folders(run / stage);
        std::filesystem::copy_file(
            run / (stage[0] == 'q' ? "prm/model.safetensors" : "sft/model.safetensors"),
            run / (stage + std::string("/model.safetensors")));
    }
    const auto both = search("");
    CHECK(both.status == 0);
    CHECK(tests::contains(both.error, "search: with the policy and the Q of self-play"));
    // A stage's name stands for its model's file.
    const auto named = search("--policy self-play --scorer q-self-play");
    CHECK(named.status == 0);
    CHECK(named.error.find("of self-play") == std::string::npos);
    CHECK(tests::contains(search("--policy self-play").error, "unknown scorer \"q\""));
    CHECK(tests::contains(search("--policy nosuch --scorer prm").error, "nosuch"));
}

TEST_CASE("a reward model says itself how it is read") {
    const Temporary run;
    const engine::Gpt model = engine::with_scalar_head(chatty(48));
    const auto read = [&](const std::string& stage, const Metadata& metadata) {
        make_folders(run / stage);
        const std::string file = run / (stage + "/model.safetensors");
        engine::save_gpt(file, model, metadata);
        return reading_of(file);
    };
    CHECK(read("prm", {{"reading", "whole solution"}}) == Reading::whole_solution);
    CHECK(read("orm", {{"reading", "each step"}}) == Reading::each_step);
    CHECK_THROWS_WITH_AS(read("orm", {{"reading", "aloud"}}), doctest::Contains("found"), Error);
    // Older files say nothing.
    for (const char* stage : {"prm", "prm-soft"}) CHECK(read(stage, {}) == Reading::each_step);
    for (const char* stage : {"orm", "orm-soft", "q", "q-self-play", "reward"})
        CHECK(read(stage, {}) == Reading::whole_solution);
    CHECK(aggregate_for(Reading::each_step) == Aggregate::product);
    CHECK(aggregate_for(Reading::whole_solution) == Aggregate::last);
}

TEST_CASE("what a class has not worked with is said, and solved all the same") {
    const ClassRange known{1, 9, 4, 20, "+-*"};
    CHECK(beyond_class(known, "(8-3)*4-7").empty());
    CHECK(beyond_class(known, "3*(4+5)-2") ==
          "this run's class has worked with values up to 20, here comes 27");
    CHECK(beyond_class(known, "12+5") ==
          "this run's class has worked with numbers from 1 to 9, here is 12");
    CHECK(beyond_class(known, "8/2") ==
          "this run's class has worked with +-* alone, here is a \"/\"");
    CHECK(beyond_class(known, "1+1+1+1+1") ==
          "this run's class has worked with at most 4 numbers, here are 5");
    CHECK(beyond_class(known, "(1+2)*(3-1)") ==
          "this run's class has worked with one pair of brackets, here are more");
    CHECK(beyond_class({}, "12+5").empty());

    RunOf run("arithmetic");
    const auto world = make_world("arithmetic");
    CHECK_FALSE(class_range(run.path, *world)); // this run does not say it
    run.file("config.json", R"({"seed": 1, "stages": {"corpus": {"low": 1, "high": 9,
        "max-operands": 4, "bound": 20, "operators": "+-*"}}})");
    const auto one = run.search("12+5 --method greedy");
    CHECK(one.status == 0);
    CHECK(one.error.find(
              "search: this run's class has worked with numbers from 1 to 9, here is 12") !=
          std::string::npos);
    const std::string file = run.file("problems.txt", "1+2\n12+5\n3+4\n");
    const auto many = run.search("--problems '" + file + "' --method greedy --out -");
    CHECK(many.error.find("search: 1 of 3 problems are of a kind that this run's class has not "
                          "worked with") != std::string::npos);
}

TEST_CASE("a missing stage is named with the command that makes it") {
    CHECK(stage_command("prm") == "prm");
    CHECK(stage_command("prm-soft") == "prm --name prm-soft");
    CHECK(stage_command("self-play") == "self-play");
    CHECK(stage_command("q-self-play") == "self-play");
    CHECK(stage_command("rollout-binary") == "rollout --search binary");
}
