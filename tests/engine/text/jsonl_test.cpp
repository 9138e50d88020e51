#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"
#include "tests/refusal.h"

#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <unistd.h>

using namespace qstar;

namespace {

std::string scratch_file(const std::string& name) {
    return (std::filesystem::temp_directory_path() / fmt::format("{}-{}", ::getpid(), name))
        .string();
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

TEST_CASE("lines end with LF, CR LF or, as on old systems, CR alone") {
    for (const char* end : {"\n", "\r\n", "\r"}) {
        const std::string text = fmt::format("{{\"a\":1}}{0}{0}[2]{0}\"last\"", end);
        const auto lines = parse_jsonl(text, "f");
        REQUIRE(lines.size() == 3);
        CHECK(lines[1].where == "f:3");
        CHECK(lines[2].value == "last");
        const std::string broken = fmt::format("{{\"a\":1}}{0}{{\"a\":{0}3", end);
        CHECK(tests::refusal_of([&] { parse_jsonl(broken, "f"); }).starts_with("f:2: not JSON: "));
    }
    CHECK(line("{\"a\":\r 7}\n").value["a"] == 7); // a blank between the words of a value
}

TEST_CASE("a broken line is an Error that names file and line") {
    const auto text = tests::refusal_of([] { parse_jsonl("{\"a\":1}\n{\"a\":\n", "f.jsonl"); });
    CHECK(text.starts_with("f.jsonl:2: not JSON: "));
    CHECK(text.find('\n') == std::string::npos);
    CHECK(tests::refusal_of([] { parse_jsonl("1 2", "f"); }).starts_with("f:1: not JSON: "));
    CHECK(tests::refusal_of([] { parse_jsonl("\"\xff\"", "f"); }).starts_with("f:1: not JSON: "));
    CHECK(tests::refusal_of([] { parse_jsonl(std::string(1'000'000, '['), "f"); }) ==
          "f:1: nested more than 100 deep");
}

TEST_CASE("what is not JSON is told in sentences of our own") {
    const auto reason = [](const std::string& text) {
        const std::string found = tests::refusal_of([&] { parse_jsonl(text, "f"); });
        CHECK(found.find("json") == std::string::npos);
        REQUIRE(found.starts_with("f:1: not JSON: "));
        return found.substr(15);
    };
    CHECK(reason("{\"a\": 1e999}") == "column 7: the number 1e999 is too large");
    CHECK(reason("[-1e999]").find("the number -1e999 is too large") != std::string::npos);
    CHECK(reason("[1e999").find("too large") != std::string::npos);
    CHECK(reason("{\"labels\":[NaN,true]}") ==
          "column 12: expected a value or \"]\", found \"NaN\"");
    CHECK(reason("[1,-Infinity]").find("found \"-Infinity\"") != std::string::npos);
    CHECK(reason("{\"a\":1") == "column 7: expected \",\" or \"}\", found the end");
    CHECK(reason("{\"a\":") == "column 6: expected a value, found the end");
    CHECK(reason("{\"a\":1,}") == "column 8: expected a name in quotes, found \"}\"");
    CHECK(reason("{'a':1}") == "column 2: expected a name in quotes or \"}\", found \"'a'\"");
    CHECK(reason("[1,]") == "column 4: expected a value, found \"]\"");
    CHECK(reason("[1 2]") == "column 4: expected \",\" or \"]\", found \"2\"");
    CHECK(reason("1 2") == "column 3: expected nothing after the value, found \"2\"");
    CHECK(reason("nul") == "column 4: expected a value, found the end");
    CHECK(reason("{\"a\":\"b") == "column 6: found a string without an end");
    CHECK(reason("\"a\tb\"") ==
          "column 3: expected \\u0009 in a string, found that control character as it is");
    CHECK(reason("\"a\\q\"") ==
          "column 4: found a backslash in a string that begins no escape of JSON's");
    CHECK(reason("\"\\ud800\"").find("no escape of JSON's") != std::string::npos);
    CHECK(reason("{\"a\":tru,\"b\":1}") == "column 6: expected a value, found \"tru\"");
    CHECK(reason("{\"a\" \"b\"}") == "column 6: expected \":\" and a value, found \"\"b\"\"");
    CHECK(reason("[\"a\" \"b\"]") == "column 6: expected \",\" or \"]\", found \"\"b\"\"");
    CHECK(reason("{\"a\":[1,2.]}") == "column 9: expected a value, found \"2.\"");
    CHECK(reason("[1}") == "column 3: expected \",\" or \"]\", found \"}\"");
    CHECK(reason("{\"\xff\":1}") == "column 3: found a byte that is not UTF-8");
    CHECK(reason(std::string("{}\0{}", 5)) == "column 3: found a byte of zero");
    CHECK(tests::refusal_of([] { parse_jsonl("{\"a\":1,\"b\":2,\"a\":3}", "f"); }) ==
          "f:1: the field \"a\" stands twice in an object");
    CHECK(tests::refusal_of([] { parse_json("{\"a\":1e999}", "the request"); }) ==
          "the request: not JSON: column 6: the number 1e999 is too large");
}

TEST_CASE("every cut of a value, and every byte changed, is a value or an Error") {
    const std::string text = R"({"a":[1,-2.5e3,true,null],"b":{"c":"d\u00e9\n"}})";
    for (size_t at = 0; at < text.size(); ++at) {
        CHECK(tests::refusal_of([&] {
                  parse_json(text.substr(0, at), "f");
              }).starts_with("f: not JSON: "));
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = text;
            changed[at] = static_cast<char>(byte);
            const std::string found = tests::refusal_of([&] { parse_json(changed, "f"); });
            if (found != "no Error") CHECK(found.starts_with("f: "));
        }
    }
}

TEST_CASE("a byte order mark is passed over") {
    CHECK(parse_jsonl("\xEF\xBB\xBF{\"a\":1}\n{\"a\":2}\n", "f").size() == 2);
    CHECK(parse_jsonl("\xEF\xBB\xBF\n", "f").empty());           // and a blank line
    CHECK(parse_jsonl("{}\n\xEF\xBB\xBF{}\n", "f").size() == 2); // of files set together
    const auto path = scratch_file("mark");
    write_file_atomic(path, "\xEF\xBB\xBF{\"a\":1}\n");
    CHECK(read_json(path).value["a"] == 1);
    CHECK(read_jsonl(path).at(0).value["a"] == 1);
    CHECK(read_text_file(path) == "{\"a\":1}\n");
    write_file_atomic(path, "\xFF\xFE{");
    CHECK(tests::refusal_of([&] { read_text_file(path); }) ==
          path + ": expected text in UTF-8, found UTF-16");
    std::remove(path.c_str());
}

TEST_CASE("an array of objects is read as lines") {
    const auto lines = parse_jsonl("[\n{\"a\":\"]},\\\"\"}\n,\n {\"a\":\n[2]} ] \n", "f");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].value["a"] == "]},\"");
    CHECK(lines[1].where == "f:4");
    CHECK(lines[1].value["a"][0] == 2);
    CHECK(parse_jsonl("[1,2]\n[3]\n", "f").size() == 2); // lines that are arrays
    CHECK(parse_jsonl("[]\n", "f").size() == 1);
    CHECK(tests::refusal_of([] {
              parse_jsonl("[{\"a\":1},\n{\"a\" 2}]", "f");
          }).starts_with("f:2: not JSON: column 6: expected \":\""));
    CHECK(tests::refusal_of([] { parse_jsonl("[{\"a\":1},]", "f"); }) ==
          "f:1: not JSON: column 1: expected a value, found the end");
    CHECK(tests::refusal_of([] { parse_jsonl("[{\"a\":1}\n", "f"); }) ==
          "f:2: not JSON: the array that begins the file has no end");
    CHECK(tests::refusal_of([] { parse_jsonl("[{}]\n{}", "f"); }) ==
          "f:2: not JSON: expected nothing after the array");
}

TEST_CASE("bad lines are told together, or left out") {
    const auto path = scratch_file("bad.jsonl");
    std::string text;
    for (int i = 1; i <= 20; ++i) text += i % 2 == 0 ? "{\"a\":1}\n" : "{\"a\":\n";
    write_file_atomic(path, text);
    const auto all = tests::refusal_of([&] { read_jsonl(path); });
    CHECK(all.starts_with(path + ": 10 bad lines, the first five:\n  " + path + ":1: not JSON"));
    CHECK(all.find("\n  " + path + ":9: not JSON") != std::string::npos);
    CHECK(all.find(":11: ") == std::string::npos);

    const auto sum = [&](BadLines& bad) {
        int64_t total = 0;
        read_jsonl(path, bad, [&](const JsonLine& l) { total += int_field(l, "a"); });
        return total;
    };
    BadLines skipped(true), refused(false);
    CHECK(sum(skipped) == 10);
    CHECK(skipped.count() == 10);
    skipped.settle(path);
    CHECK(skipped.left_out(path).starts_with("10 bad lines of " + path +
                                             " left out, the first: " + path + ":1: not JSON"));
    CHECK(sum(refused) == 10);
    CHECK(tests::refusal_of([&] {
              refused.settle(path);
          }).starts_with(path + ": 10 bad lines (--skip-bad goes on without them), the first"));

    write_file_atomic(path, "{\"a\":1}\n{\"b\":1}\n");
    BadLines one(false);
    sum(one);
    CHECK(tests::refusal_of([&] { one.settle(path); }) ==
          path + ":2: field \"a\": expected a whole number, found nothing (--skip-bad goes on "
                 "without this line)");
    BadLines none(false);
    none.settle(path);
    CHECK(none.left_out(path).empty());
    std::remove(path.c_str());
}

TEST_CASE("a whole JSON file names the broken line") {
    const auto path = scratch_file("whole.json");
    write_file_atomic(path, "{\n\"a\": 1,\n\"b\" 2\n}\n");
    CHECK(tests::refusal_of([&] { read_json(path); }).starts_with(path + ":3: not JSON: "));
    write_json(path, Json{{"z", 1}, {"a", {1, 2}}});
    const Json written = read_json(path).value;
    CHECK((*written.items().begin()).name == "z");
    std::remove(path.c_str());
}

TEST_CASE("the names of a value that nobody keeps can be gone through") {
    const auto made = [] { return Json{{"a", std::string(100, 'x')}, {"b", {1, 2}}}; };
    std::string names;
    size_t size = 0;
    for (const auto& [name, value] : made().items()) {
        names += name;
        size += value.is_string() ? value.get<std::string>().size() : value.size();
    }
    CHECK(names == "ab");
    CHECK(size == 102);
}

TEST_CASE("fields have the type that is asked for") {
    const auto l = line(R"({"s":"x","i":-3,"d":1.5,"b":true,"a":["p","q"],"n":null,"o":{"k":1}})");
    CHECK(string_field(l, "s") == "x");
    CHECK(int_field(l, "i") == -3);
    CHECK(int_field(line("{\"i\":-1.0}"), "i") == -1);
    CHECK(number_field(l, "i") == -3.0);
    CHECK(number_field(l, "d") == 1.5);
    CHECK(bool_field(l, "b"));
    CHECK(strings_field(l, "a") == std::vector<std::string>{"p", "q"});
    CHECK(array_field(l, "a")[1].where == "f:1: a[1]");
    CHECK(int_field(object_field(l, "o"), "k") == 1);
    CHECK(has_field(l, "s"));
    CHECK_FALSE(has_field(l, "n"));
    CHECK_FALSE(has_field(l, "missing"));

    CHECK(tests::refusal_of([&] { string_field(l, "t"); }) ==
          "f:1: field \"t\": expected a string, found nothing");
    CHECK(tests::refusal_of([&] { string_field(l, "a"); }) ==
          "f:1: field \"a\": expected a string, found an array");
    CHECK(tests::refusal_of([&] { int_field(l, "d"); }) ==
          "f:1: field \"d\": expected a whole number, found a number with a fraction");
    CHECK(tests::refusal_of([&] { strings_field(line("{\"a\":[1]}"), "a"); }) ==
          "f:1: a[0]: expected a string, found a whole number");
    CHECK(tests::refusal_of([&] { int_field(line("[1]"), "a"); }) ==
          "f:1: expected an object, found an array");
    CHECK(tests::refusal_of([&] {
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
