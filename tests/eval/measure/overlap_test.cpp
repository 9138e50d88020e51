#include "eval/measure/overlap.h"

#include "engine/base/error.h"
#include "engine/io/files.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("a held-out problem in a training text is found, as a problem or as a step") {
    const auto folder = std::filesystem::temp_directory_path() / "qstar_overlap_test";
    std::filesystem::remove_all(folder);
    make_folders((folder / "corpus").string());
    make_folders((folder / "labels").string());
    const std::string run = folder.string();
    CHECK(check_overlap(run, std::vector<std::string>{"1+2*3"}) == 0);

    write_file_atomic((folder / "corpus" / "worksheets.jsonl").string(),
                      "{\"pupil\":\"expert\",\"warm\":false,\"text\":\"<|endoftext|><|problem|>1+2*"
                      "3-4<|step|>1+6-"
                      "4<|step|>7-4<|step|>3<|answer|>\"}\n");
    write_file_atomic((folder / "labels" / "outcomes.jsonl").string(),
                      "{\"prompt\":\"2*3*4\",\"completion\":\"6*4\\n24\",\"label\":true}\n");
    CHECK(check_overlap(run, std::vector<std::string>{"1+2*3", "4-1-1"}) >= 7);
    CHECK_THROWS_AS(check_overlap(run, std::vector<std::string>{"1+2*3-4"}), Error);
    CHECK_THROWS_AS(check_overlap(run, std::vector<std::string>{"1+6-4"}), Error);
    CHECK_THROWS_AS(check_overlap(run, std::vector<std::string>{"2*3*4"}), Error);
    CHECK_THROWS_AS(check_overlap(run, std::vector<std::string>{"6*4"}), Error);
    make_folders((folder / "self-play" / "round-1").string());
    write_file_atomic((folder / "self-play" / "round-1" / "confirmed.jsonl").string(),
                      "{\"problem\":\"4-1-1\",\"solution\":[\"3-1\",\"2\"],\"text\":\"\"}\n");
    CHECK_THROWS_AS(check_overlap(run, std::vector<std::string>{"4-1-1"}), Error);
    std::filesystem::remove_all(folder);
}
