// GGUF as a container: what it says, numbers of each type beside Python's, and files that lie.

#include "engine/base/error.h"
#include "engine/formats/gguf.h"
#include "engine/formats/gguf_writer.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"
#include "tests/temporary.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

const std::string gguf_cases = join_path(tests::source_dir, "tests/cases/models");

// The sentence of the Error after the file's name; "read" if there is none.
std::string told_of_gguf(std::string_view bytes) {
    try {
        const GgufReader file(bytes, "x");
        for (const auto& [name, place] : file.tensors())
            file.read(name, Tensor::zeros(place.shape, cpu_device()));
        return "read";
    } catch (const Error& error) {
        const std::string sentence = error.what();
        REQUIRE(sentence.starts_with("x: "));
        return sentence.substr(3);
    }
}

template <class T>
std::string le(T value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string counted(const std::string& text) { return le<uint64_t>(text.size()) + text; }

std::string gguf_start(uint64_t tensors, uint64_t keys, uint32_t version = 3) {
    return "GGUF" + le(version) + le(tensors) + le(keys);
}

std::string described(const std::string& name, std::initializer_list<uint64_t> dims, uint32_t type,
                      uint64_t offset) {
    std::string text = counted(name) + le<uint32_t>(static_cast<uint32_t>(dims.size()));
    for (const uint64_t dim : dims) text += le(dim);
    return text + le(type) + le(offset);
}

std::string aligned_to_32(std::string text) {
    text.resize((text.size() + 31) / 32 * 32, '\0');
    return text;
}

} // namespace

TEST_CASE("a GGUF file's keys and numbers are those that Python wrote") {
    const std::string path = join_path(gguf_cases, "numbers.gguf");
    const GgufReader file(path);
    CHECK(file.whole("a.whole") == 7);
    CHECK(file.number("a.real") == 1e-5); // a float, read as the number that was meant
    CHECK(file.number("a.whole") == 7);
    CHECK(file.truth("a.truth"));
    CHECK(file.text("a.text") == "gr\xc3\xbc\xc3\x9f dich");
    CHECK(file.texts("a.texts") == std::vector<std::string>{"", "b"});
    CHECK(file.numbers("a.reals") == std::vector<double>{0.5, -1});
    CHECK(file.wholes("a.wholes") == std::vector<int64_t>{1, -2});
    CHECK_THROWS_WITH_AS(file.whole("a.text"),
                         (path + ": the key \"a.text\": expected a whole number").c_str(), Error);
    CHECK_THROWS_WITH_AS(file.text("b"), (path + ": there is no key \"b\"").c_str(), Error);

    const Json meant = read_json(join_path(gguf_cases, "numbers.json")).value;
    CHECK(file.tensors().size() == 5);
    for (const auto& entry : file.tensors()) {
        const std::string& name = entry.first;
        const GgufReader::Place& place = entry.second;
        CAPTURE(name);
        CHECK(place.numbers->name == name);
        const Tensor read = Tensor::zeros(place.shape, cpu_device());
        file.read(name, read);
        const auto expected = meant[name].get<std::vector<double>>();
        REQUIRE(static_cast<size_t>(read.size()) == expected.size());
        for (int64_t i = 0; i < read.size(); ++i) {
            CAPTURE(i);
            CHECK(static_cast<double>(read[i]) ==
                  static_cast<double>(static_cast<float>(expected[static_cast<size_t>(i)])));
        }
    }
    CHECK_THROWS_WITH_AS(
        file.read("Q4_0", Tensor::zeros({64, 2})),
        (path + ": tensor \"Q4_0\": expected the shape (64, 2), found (2, 64)").c_str(), Error);
}

TEST_CASE("every beginning of a GGUF file is refused") {
    const std::string bytes = read_file(join_path(gguf_cases, "numbers.gguf"));
    CHECK(told_of_gguf(bytes) == "read");
    for (size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        // The last tensor's numbers end before its padding does.
        if (size + 24 >= bytes.size()) continue;
        CHECK(told_of_gguf(std::string_view(bytes).substr(0, size)) != "read");
    }
    CHECK(told_of_gguf(bytes + std::string(32, '\0')).starts_with("the tensors take "));
}

TEST_CASE("GGUF files that lie are refused before anything is allocated") {
    const uint64_t huge = uint64_t{1} << 62;
    CHECK(told_of_gguf("PK\3\4").starts_with("expected a GGUF file, found a zip"));
    CHECK(told_of_gguf("hello") == "expected a GGUF file, which begins with \"GGUF\"");
    CHECK(told_of_gguf(gguf_start(0, 0, 1)) ==
          "expected GGUF of the versions 2 or 3, little-endian, found version 1");
    CHECK(told_of_gguf(gguf_start(0, 0, 0x03000000)) ==
          "expected GGUF of the versions 2 or 3, little-endian, found version 50331648");
    CHECK(told_of_gguf(gguf_start(0, 0)) == "read");
    CHECK(told_of_gguf(gguf_start(huge, 0)) ==
          "byte 8: 4611686018427387904 tensors, but only 8 bytes are left");
    CHECK(told_of_gguf(gguf_start(0, huge)) ==
          "byte 16: 4611686018427387904 keys, but only 0 bytes are left");
    CHECK(told_of_gguf(gguf_start(0, 1) + le(huge) + "12345") ==
          "byte 24: a key's name of 4611686018427387904 bytes, but only 5 are left and at most "
          "65535 allowed");
    const std::string text_key = gguf_start(0, 1) + counted("k") + le<uint32_t>(8);
    CHECK(told_of_gguf(text_key + le(huge)) ==
          "byte 37: a key's value of 4611686018427387904 bytes, but only 0 are left");
    const std::string array_key = gguf_start(0, 1) + counted("k") + le<uint32_t>(9);
    CHECK(told_of_gguf(array_key + le<uint32_t>(8) + le(huge)) ==
          "byte 41: 4611686018427387904 elements of an array, but only 0 bytes are left");
    CHECK(told_of_gguf(array_key + le<uint32_t>(9) + le<uint64_t>(0)) ==
          "the key \"k\": an array of arrays, which no model needs");
    CHECK(told_of_gguf(gguf_start(0, 1) + counted("k") + le<uint32_t>(13) + "1234") ==
          "the key \"k\" is of an unknown type, 13");
    const std::string twice = counted("k") + le<uint32_t>(0) + "\1";
    CHECK(told_of_gguf(gguf_start(0, 2) + twice + twice) == "the key \"k\" stands there twice");
    const std::string alignment = counted("general.alignment") + le<uint32_t>(4);
    CHECK(told_of_gguf(gguf_start(0, 1) + alignment + le<uint32_t>(48)) ==
          "the key \"general.alignment\": expected a power of 2, found 48");

    const auto one = [&](const std::string& description, size_t data) {
        return told_of_gguf(aligned_to_32(gguf_start(1, 0) + description) +
                            std::string(data, '\0'));
    };
    CHECK(one(described("t", {2, 3}, 0, 0), 32) == "read");
    CHECK(one(described("t", {2, 3}, 0, 0), 23).starts_with("the file is cut off or tensor"));
    CHECK(one(described("t", {2, 3}, 0, 32), 32).starts_with("the file is cut off or tensor"));
    CHECK(one(described("t", {2, 3}, 0, huge), 32).starts_with("the file is cut off or tensor"));
    CHECK(one(described("t", {2, 3}, 0, 8), 32) ==
          "tensor \"t\" begins at 8, which is no multiple of the alignment 32");
    CHECK(one(described("t", {2, 3}, 12, 0), 32) == "tensor \"t\": expected numbers of F32, F16, "
                                                    "BF16, Q8_0, Q4_0, found Q4_K");
    CHECK(one(described("t", {2, 3}, 99, 0), 32).ends_with("found number 99"));
    CHECK(one(described("t", {2, 3}, 8, 0), 32) ==
          "tensor \"t\": rows of 2 numbers are no whole blocks of Q8_0");
    CHECK(one(described("t", {1, 1, 1, 1, 1}, 0, 0), 32) ==
          "tensor \"t\" has 5 dimensions; at most 4 are allowed");
    CHECK(one(described("t", {huge, huge}, 0, 0), 32) == "tensor \"t\": the shape is too large");
    CHECK(one(described("t", {huge}, 0, 0), 32) == "tensor \"t\": the shape is too large");
    CHECK(one(described("t", {UINT64_MAX}, 0, 0), 32) == "tensor \"t\": the shape is too large");
    const auto two = [&](const std::string& name, uint64_t offset) {
        return told_of_gguf(aligned_to_32(gguf_start(2, 0) + described("t", {9}, 0, 0) +
                                          described(name, {1}, 0, offset)) +
                            std::string(96, '\0'));
    };
    CHECK(two("u", 64) == "read");
    CHECK(two("u", 32) ==
          "tensor \"u\" overlaps another: it begins at 32, but one before it ends at 36");
    CHECK(two("t", 64) == "tensor \"t\" stands there twice");
    const std::string nan = le(std::nanf(""));
    CHECK(told_of_gguf(aligned_to_32(gguf_start(1, 0) + described("t", {1}, 0, 0)) + nan) ==
          "tensor \"t\": holds a number that is not finite (NaN at index 0)");
}

TEST_CASE("a written GGUF file is read as it was meant") {
    const Temporary folder;
    const std::string path = folder / "a.gguf";
    GgufContents contents;
    contents.text("t", "x");
    contents.whole("w", 4'000'000'000);
    contents.number("n", 1e-6);
    contents.truth("b", false);
    contents.texts("ts", {"a", "", "b"});
    contents.numbers("ns", {1.5, -0.25});
    contents.wholes("ws", {-3, 3});
    const Tensor values =
        Tensor::from({3, 2}, std::vector<float>{1, -2, 0.1f, 1e-7f, 7e-8f, 65504});
    const auto make = [&] { return values; };
    contents.tensors = {{"full", {3, 2}, WeightType::f32, make},
                        {"half", {3, 2}, WeightType::f16, make}};
    write_gguf(path, contents);
    const GgufReader file(path);
    CHECK(file.text("t") == "x");
    CHECK(file.whole("w") == 4'000'000'000);
    CHECK(file.number("n") == 1e-6);
    CHECK(!file.truth("b"));
    CHECK(file.texts("ts") == std::vector<std::string>{"a", "", "b"});
    CHECK(file.numbers("ns") == std::vector<double>{1.5, -0.25});
    CHECK(file.wholes("ws") == std::vector<int64_t>{-3, 3});
    const Tensor read = Tensor::zeros({3, 2});
    file.read("full", read);
    CHECK(std::memcmp(read.data(), values.data(), 6 * sizeof(float)) == 0);
    file.read("half", read);
    const float halves[] = {1, -2, 0x1.998p-4f, 2 * 0x1p-24f, 0x1p-24f, 65504};
    for (int i = 0; i < 6; ++i) CHECK(read[i] == halves[i]);
    CHECK(!file.same("full", "half"));
    CHECK(file.same("full", "full"));

    values[0] = 65520;
    CHECK_THROWS_WITH_AS(
        write_gguf(path, contents),
        (path + ": tensor \"half\": 65520 is too large for F16: write F32").c_str(), Error);
    CHECK(GgufReader(path).text("t") == "x"); // the old file stayed
}
