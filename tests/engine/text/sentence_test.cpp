#include "engine/text/json_parse.h"
#include "engine/text/sentence.h"

#include "engine/base/error.h"
#include "tests/program.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <functional>
#include <new>
#include <string>
#include <vector>

using namespace qstar;
using json = Json;

namespace {

std::string sentence_after(const std::function<void()>& body) {
    try {
        body();
    } catch (const std::exception& error) {
        return sentence_of(error);
    }
    return "no exception";
}

} // namespace

TEST_CASE("no sentence of a library reaches a user") {
    CHECK(sentence_after([] { fail("f:1: found \x1b[2J"); }) == "f:1: found \\x1b[2J");
    CHECK(sentence_after([] { throw std::bad_alloc(); }) == "there is not enough memory for this");
    CHECK(sentence_after([] { std::filesystem::copy_file("/nothing/here", "/nothing/there"); }) ==
          "/nothing/here: No such file or directory");
    CHECK(sentence_after([] {
              json{{"a", 1}}.at("it's");
          }) == "a JSON object lacks the field \"it's\"");
    CHECK(sentence_after([] {
              json{{"a", 1}}.at("a").get<std::string>();
          }) == "a JSON value is of another type than expected");
    const std::vector<std::function<void()>> faults = {
        [] { static_cast<void>(std::stoi("x")); },
        [] { std::string().substr(1); },
        [] { const json value = parse_json("{", "test"); },
        [] { const json value = parse_json("1e999", "test"); },
        [] { std::vector<int>().at(0); },
    };
    for (const auto& fault : faults) {
        const std::string text = sentence_after(fault);
        for (const char* foreign : {"json.exception", "basic_string", "stoi", "vector"})
            CHECK(text.find(foreign) == std::string::npos);
        CHECK(text != "no exception");
    }
}

TEST_CASE("control characters of a file do not reach the terminal") {
    const Temporary folder;
    const std::string file = folder.file("p.jsonl", "{\"prompt\": \"\x1b]0;title\x07\"}\n");
    const std::string run = folder / "run";
    for (const std::string& arguments : std::vector<std::string>{
             "search --world countdown --problems '" + file + "'",
             "search --world countdown '\x1b[31m 1 2 3'", "train '\x1b[31m'"}) {
        const auto made = tests::run_program(folder, arguments);
        CHECK(made.status == 2);
        CHECK(made.error.find('\x1b') == std::string::npos);
        CHECK(made.error.starts_with("qstar: "));
    }
}
