#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"
#include "engine/io/metrics.h"

#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>
#include <functional>
#include <string>
#include <unistd.h>

using namespace qstar;

namespace {

std::string scratch_file(const std::string& name) {
    return (std::filesystem::temp_directory_path() / fmt::format("{}-{}", ::getpid(), name))
        .string();
}

std::string message(const std::function<void()>& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "no Error";
}

JsonLine line(const std::string& text) { return parse_jsonl(text, "f").at(0); }

} // namespace

TEST_CASE("JSON lines are read in order, with their places") {
    const auto lines = parse_jsonl("{\"a\":1}\n\n [2]\r\n\"last\"", "f.jsonl");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].where == "f.jsonl:1");
    CHECK(lines[1].where == "f.jsonl:3");
    CHECK(lines[2].value == "last");
    CHECK(parse_jsonl("", "f").empty());
}

TEST_CASE("a broken line is an Error that names file and line") {
    const auto text = message([] { parse_jsonl("{\"a\":1}\n{\"a\":\n", "f.jsonl"); });
    CHECK(text.starts_with("f.jsonl:2: not JSON: "));
    CHECK(text.find('\n') == std::string::npos);
    CHECK(message([] { parse_jsonl("1 2", "f"); }).starts_with("f:1: not JSON: "));
    CHECK(message([] { parse_jsonl("\"\xff\"", "f"); }).starts_with("f:1: not JSON: "));
    CHECK(message([] { parse_jsonl(std::string(1'000'000, '['), "f"); }) ==
          "f:1: nested more than 100 deep");
}

TEST_CASE("a whole JSON file names the broken line") {
    const auto path = scratch_file("whole.json");
    write_file_atomic(path, "{\n\"a\": 1,\n\"b\" 2\n}\n");
    CHECK(message([&] { read_json(path); }).starts_with(path + ":3: not JSON: "));
    write_json(path, Json{{"z", 1}, {"a", {1, 2}}});
    CHECK(read_json(path).value.begin().key() == "z");
    std::remove(path.c_str());
}

TEST_CASE("fields have the type that is asked for") {
    const auto l = line(R"({"s":"x","i":-3,"d":1.5,"b":true,"a":["p","q"],"n":null,"o":{"k":1}})");
    CHECK(string_field(l, "s") == "x");
    CHECK(int_field(l, "i") == -3);
    CHECK(number_field(l, "i") == -3.0);
    CHECK(number_field(l, "d") == 1.5);
    CHECK(bool_field(l, "b"));
    CHECK(strings_field(l, "a") == std::vector<std::string>{"p", "q"});
    CHECK(array_field(l, "a")[1].where == "f:1: a[1]");
    CHECK(int_field(object_field(l, "o"), "k") == 1);
    CHECK(has_field(l, "s"));
    CHECK_FALSE(has_field(l, "n"));
    CHECK_FALSE(has_field(l, "missing"));

    CHECK(message([&] { string_field(l, "t"); }) ==
          "f:1: field \"t\": expected a string, found nothing");
    CHECK(message([&] { string_field(l, "a"); }) ==
          "f:1: field \"a\": expected a string, found an array");
    CHECK(message([&] { int_field(l, "d"); }) ==
          "f:1: field \"d\": expected a whole number, found a number with a fraction");
    CHECK(message([&] { strings_field(line("{\"a\":[1]}"), "a"); }) ==
          "f:1: a[0]: expected a string, found a whole number");
    CHECK(message([&] { int_field(line("[1]"), "a"); }) ==
          "f:1: expected an object, found an array");
    CHECK(message([&] {
              int_field(line("{\"i\":9223372036854775808}"), "i");
          }).starts_with("f:1: field \"i\": expected a whole number below 2^63"));
}

TEST_CASE("written lines are read back, in the order of their keys") {
    const auto path = scratch_file("written.jsonl");
    write_jsonl(path, std::vector<Json>{{{"z", "a\nb"}, {"a", 0.1}}, {{"bad", "\xff"}}});
    CHECK(read_file(path) == "{\"z\":\"a\\nb\",\"a\":0.1}\n{\"bad\":\"\xef\xbf\xbd\"}\n");
    CHECK(string_field(read_jsonl(path)[0], "z") == "a\nb");
    std::remove(path.c_str());
}

TEST_CASE("a resumed metrics log has the bytes of one that was never stopped") {
    const auto path = scratch_file("metrics.jsonl");
    const auto log = [&](int64_t resume, int64_t from, int64_t to) {
        MetricsLog metrics(path, resume);
        for (int64_t step = from; step < to; ++step) {
            metrics.write(step, {{"loss", 1.0 / static_cast<double>(step + 1)}});
        }
    };
    log(0, 0, 20);
    const auto whole = read_file(path);
    CHECK(whole.starts_with("{\"step\":0,\"loss\":1.0}\n{\"step\":1,\"loss\":0.5}\n"));

    // Killed at any byte after the checkpoint of step 7, resumed from there.
    const size_t seventh = whole.find("{\"step\":7");
    for (size_t cut = seventh; cut <= whole.size(); cut += 11) {
        write_file_atomic(path, whole.substr(0, cut));
        log(7, 7, 20);
        CHECK(read_file(path) == whole);
    }
    log(0, 0, 1); // a fresh run drops the old one
    CHECK(read_file(path) == "{\"step\":0,\"loss\":1.0}\n");

    write_file_atomic(path, "{\"step\":0}\nnonsense\n{\"step\":2}\n");
    CHECK(message([&] { MetricsLog(path, 5); }).starts_with(path + ":2:"));
    std::remove(path.c_str());
}
