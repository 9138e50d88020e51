#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/io/files.h"
#include "engine/nn/safetensors.h"
#include "tests/temporary.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <unistd.h>
#include <utility>

using namespace qstar;
using namespace qstar::engine;

namespace {

SafeTensors example() {
    SafeTensors contents;
    contents.tensors["wte.weight"] = Tensor::from({2, 3}, std::array{1.f, 2.f, 3.f, 4.f, 5.f, 6.f});
    contents.tensors["h.0.ln_1.bias"] = Tensor::from({2}, std::array{-0.f, 1e-40f});
    contents.tensors["scalar"] = Tensor::from({}, std::array{7.f});
    contents.tensors["empty"] = Tensor::zeros({3, 0});
    contents.metadata = {{"step", "100"}, {"note", "two\nlines, \"quoted\""}};
    return contents;
}

// A file with that header and that many zero bytes after it.
std::string file_of(const std::string& header, size_t data) {
    const uint64_t length = header.size();
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
    return bytes + header + std::string(data, '\0');
}

std::string refusal(const std::string& bytes) {
    try {
        parse_safetensors(bytes, "f");
    } catch (const Error& error) {
        return error.what();
    }
    return "no Error";
}

std::string refusal(const std::string& header, size_t data) {
    return refusal(file_of(header, data));
}

} // namespace

TEST_CASE("safetensors come back as they were written") {
    const auto path =
        (std::filesystem::temp_directory_path() / fmt::format("{}.safetensors", ::getpid()))
            .string();
    const auto written = example();
    write_safetensors(path, written);
    const auto read = read_safetensors(path);
    CHECK(read.metadata == written.metadata);
    REQUIRE(read.tensors.size() == written.tensors.size());
    for (const auto& [name, tensor] : written.tensors) {
        const Tensor& other = read.tensor(name, path);
        CHECK(other.shape() == tensor.shape());
        CHECK(std::memcmp(other.data(), tensor.data(),
                          static_cast<size_t>(tensor.size()) * sizeof(float)) == 0);
    }
    CHECK_THROWS_WITH_AS(read.tensor("x", "f"), "f: there is no tensor \"x\"", Error);
    CHECK_THROWS_WITH_AS(read.text("x", "f"), "f: there is no \"x\" in its metadata", Error);
    std::remove(path.c_str());
}

TEST_CASE("a large tensor is the file's own pages, and the file stays as it is") {
    const Temporary folder;
    const std::string path = folder / "large.safetensors";
    constexpr int64_t kLarge = 1 << 19;
    SafeTensors contents;
    contents.tensors["large"] = Tensor::full({kLarge}, 0.5f);
    contents.tensors["small"] = Tensor::full({3}, 0.25f);
    contents.tensors["large"][kLarge - 1] = 3;
    write_safetensors(path, contents);
    const std::string before = read_file(path);

    Tensor read, copy;
    {
        const SafeTensorsReader file(path);
        read = file.tensor("large", {kLarge});
        copy = file.tensor("small", {3});
        CHECK(file.tensor("large", {kLarge}).data() == read.data()); // no copy of it
        CHECK_THROWS_AS(file.tensor("large", {kLarge / 2, 3}), Error);
    }
    CHECK(read[0] == 0.5f); // it outlives its reader
    CHECK(read[kLarge - 1] == 3);
    CHECK(copy[2] == 0.25f);
    // What is written into it never reaches the file.
    read[7] = 1;
    CHECK(read_file(path) == before);
    // A file in its place, as ours are replaced, leaves it whole.
    write_safetensors(path, example());
    CHECK(read[kLarge - 1] == 3);

    contents.tensors["large"][kLarge / 2] = 0.125f;
    write_safetensors(path, contents);
    std::string bytes = read_file(path);
    const float nan = std::nanf("");
    const std::string eighth("\0\0\0>", 4);
    bytes.replace(bytes.rfind(eighth), 4, reinterpret_cast<const char*>(&nan), 4);
    write_file_atomic(path, bytes);
    CHECK_THROWS_WITH_AS(
        SafeTensorsReader(path).tensor("large", {kLarge}),
        (path + ": tensor \"large\": holds a number that is not finite (NaN at index 262144)")
            .c_str(),
        Error);
}

TEST_CASE("numbers are written in the type that is asked for, or refused") {
    const Temporary folder;
    const std::string path = folder / "typed.safetensors";
    SafeTensors contents;
    contents.tensors["t"] = Tensor::from({4}, std::array{1.f, -2.f, 0.1f, 65504.f});
    const Tensor read = Tensor::zeros({4});
    write_safetensors(path, contents, WeightType::f16);
    SafeTensorsReader(path).read("t", read);
    CHECK(read_file(path).find("\"F16\"") != std::string::npos);
    for (const auto& [i, number] : {std::pair{0, 1.f}, {1, -2.f}, {2, 0x1.998p-4f}, {3, 65504.f}})
        CHECK(read[i] == number);
    write_safetensors(path, contents, WeightType::bf16);
    SafeTensorsReader(path).read("t", read);
    for (const auto& [i, number] : {std::pair{0, 1.f}, {1, -2.f}, {2, 0x1.9ap-4f}, {3, 65536.f}})
        CHECK(read[i] == number);
    contents.tensors["t"][1] = 65520;
    CHECK_THROWS_WITH_AS(write_safetensors(path, contents, WeightType::f16),
                         (path + ": tensor \"t\": 65520 is too large for F16: write F32").c_str(),
                         Error);
    contents.tensors["t"][1] = 3.4e38f;
    CHECK_THROWS_AS(write_safetensors(path, contents, WeightType::bf16), Error);
}

TEST_CASE("a reader puts numbers where they belong, and says what does not fit") {
    const std::string bytes = safetensors_bytes(example());
    const SafeTensorsReader file(bytes, "f");
    CHECK(file.tensors().size() == 4);
    CHECK(file.metadata() == example().metadata);
    const Tensor to = Tensor::zeros({2, 3});
    file.read("wte.weight", to);
    for (int64_t i = 0; i < 6; ++i) CHECK(to[i] == static_cast<float>(i + 1));
    file.read("empty", Tensor::zeros({3, 0}));
    CHECK(file.number("step", 100) == 100);
    CHECK_THROWS_WITH_AS(file.number("step", 99),
                         "f: metadata \"step\": expected a whole number up to 99, found \"100\"",
                         Error);
    CHECK_THROWS_WITH_AS(file.read("wte.weight", Tensor::zeros({3, 2})),
                         "f: tensor \"wte.weight\": expected the shape (3, 2), found (2, 3)",
                         Error);
    CHECK_THROWS_WITH_AS(file.read("x", to), "f: there is no tensor \"x\"", Error);
    CHECK_THROWS_WITH_AS(file.text("x"), "f: there is no \"x\" in its metadata", Error);
}

TEST_CASE("safetensors have the bytes of the format") {
    SafeTensors contents;
    contents.tensors["b"] = Tensor::from({1, 2}, std::array{1.f, 2.f});
    contents.tensors["a"] = Tensor::from({1}, std::array{3.f});
    const std::string header = R"({"a":{"data_offsets":[0,4],"dtype":"F32","shape":[1]},)"
                               R"("b":{"data_offsets":[4,12],"dtype":"F32","shape":[1,2]}})";
    const std::string padding((8 - header.size() % 8) % 8, ' ');
    auto expected = file_of(header + padding, 0);
    for (const float value : {3.f, 1.f, 2.f}) {
        expected.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    CHECK(safetensors_bytes(contents) == expected);
}

TEST_CASE("what cannot be written is an Error") {
    SafeTensors contents;
    contents.tensors["a"] = Tensor();
    CHECK_THROWS_AS(safetensors_bytes(contents), Error);
    contents.tensors = {{"__metadata__", Tensor::zeros({1})}};
    CHECK_THROWS_AS(safetensors_bytes(contents), Error);
    contents.tensors = {{"\xff", Tensor::zeros({1})}};
    CHECK_THROWS_AS(safetensors_bytes(contents), Error);
}

TEST_CASE("a truncated or lengthened file is refused at every length") {
    const auto bytes = safetensors_bytes(example());
    for (size_t length = 0; length < bytes.size(); ++length) {
        CHECK(refusal(bytes.substr(0, length)).starts_with("f: "));
    }
    CHECK(refusal(bytes + '\0').starts_with("f: the tensors take "));
    CHECK(refusal(bytes) == "no Error");
}

TEST_CASE("a damaged header gives an Error or a whole file, never a crash") {
    const auto bytes = safetensors_bytes(example());
    uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    Random random(1, "damage");
    int refused = 0;
    for (int round = 0; round < 5000; ++round) {
        auto damaged = bytes;
        for (uint64_t n = 1 + random.below(3); n > 0; --n) {
            char& byte = damaged[random.below(8 + header)];
            // Half of the time a bit, else a byte that means something in JSON.
            if (random.below(2) == 0) {
                byte = static_cast<char>(byte ^ (1 << random.below(8)));
            } else {
                byte = "{}[]\",:0123456789-e.\\ "[random.below(22)];
            }
        }
        try {
            int64_t size = 0;
            for (const auto& [name, tensor] : parse_safetensors(damaged, "f").tensors) {
                size += tensor.size();
            }
            CHECK(size == 9); // only names or texts differ, or the split of the same bytes
        } catch (const Error&) {
            ++refused;
        }
    }
    CHECK(refused > 2500);
    CHECK(refused < 5000); // some damage only renames a tensor
}

TEST_CASE("each rule of the format has its sentence") {
    const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    CHECK(refusal("{" + a + "}", 8) == "no Error");
    CHECK(refusal("{" + a + "}   ", 8) == "no Error");
    CHECK(refusal("{}", 0) == "no Error");

    SUBCASE("the header") {
        CHECK(refusal("x") == "f: expected a safetensors file, found only 1 bytes");
        CHECK(refusal(std::string(16, '\xff')).find("header would be") != std::string::npos);
        CHECK(refusal("[]", 0) == "f: the header is not a JSON object");
        CHECK(refusal(" {}", 0) == "f: the header is not a JSON object");
        CHECK(refusal("{} x", 0) == "f: the header: not JSON: column 4: expected nothing after the "
                                    "value, found \"x\"");
        CHECK(refusal("{" + a, 8).starts_with("f: the header: not JSON: column "));
        CHECK(refusal("{\"a\":" + std::string(100'000, '['), 0) ==
              "f: the header: nested more than 100 deep");
        std::string huge = file_of("{}", 0);
        const uint64_t length = 100'000'001;
        std::memcpy(huge.data(), &length, sizeof length);
        CHECK(refusal(huge).find("header would be 100000001 bytes") != std::string::npos);
    }
    SUBCASE("keys") {
        CHECK(refusal("{" + a + "," + a + "}", 8) ==
              "f: the header: the field \"a\" stands twice in an object");
        CHECK(refusal(R"({"__metadata__":{"k":"1","k":"2"}})", 0) ==
              "f: the header: the field \"k\" stands twice in an object");
        CHECK(refusal(R"({"__metadata__":{"k":1}})", 0) == "f: __metadata__ \"k\" is not a string");
        CHECK(refusal(R"({"__metadata__":[]})", 0) == "f: __metadata__ is not a JSON object");
        CHECK(refusal(R"({"a":1})", 0) == "f: tensor \"a\" is not a JSON object");
        CHECK(refusal(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}})", 4) ==
              "f: tensor \"a\" has an unknown key \"x\"");
        CHECK(refusal(R"({"a":{"shape":[],"data_offsets":[0,4]}})", 4) ==
              "f: tensor \"a\": expected a dtype of " + number_type_names() + ", found nothing");
        CHECK(refusal(R"({"a":{"dtype":16,"shape":[2],"data_offsets":[0,4]}})", 4) ==
              "f: tensor \"a\": expected a dtype of " + number_type_names() + ", found 16");
        CHECK(refusal(R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4) ==
              "no Error");
        CHECK(refusal(R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}})", 8) ==
              "f: tensor \"a\": shape (2) takes 4 bytes, but its data_offsets span 8");
    }
    SUBCASE("shapes") {
        const auto shaped = [](const std::string& shape, const std::string& offsets, size_t data) {
            return refusal(R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" +
                               offsets + "}}",
                           data);
        };
        const std::string too_large = "f: tensor \"a\": the shape is too large";
        CHECK(shaped("[4294967296,4294967296]", "[0,0]", 0) == too_large);
        CHECK(shaped("[4611686018427387904]", "[0,0]", 0) == too_large);
        CHECK(shaped("[18446744073709551615]", "[0,0]", 0) == too_large);
        CHECK(shaped("[1,1,1,1,1]", "[0,4]", 4).find("5 dimensions") != std::string::npos);
        const std::string no_list = "f: tensor \"a\": shape is not a list of whole numbers";
        CHECK(shaped("[-1]", "[0,4]", 4) == no_list);
        CHECK(shaped("[1.0]", "[0,4]", 4) == no_list);
        CHECK(shaped("1", "[0,4]", 4) == no_list);
        CHECK(shaped("[2]", "[0,4]", 4) ==
              "f: tensor \"a\": shape (2) takes 8 bytes, but its data_offsets span 4");
        CHECK(shaped("[1]", "[4,0]", 4).find("begin and an end") != std::string::npos);
        CHECK(shaped("[1]", "[0,4,8]", 8).find("begin and an end") != std::string::npos);
        CHECK(shaped("[0]", "[18446744073709551615,18446744073709551615]", 0) ==
              "f: tensor \"a\" leaves a hole at byte 18446744073709551615: expected it to begin at "
              "0");
    }
    SUBCASE("the cover") {
        const auto two = [](const std::string& first, const std::string& second, size_t data) {
            return refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)" + first +
                               R"(},"b":{"dtype":"F32","shape":[2],"data_offsets":)" + second +
                               "}}",
                           data);
        };
        CHECK(two("[8,16]", "[0,8]", 16) == "no Error");
        CHECK(two("[0,8]", "[12,20]", 20) ==
              "f: tensor \"b\" leaves a hole at byte 12: expected it to begin at 8");
        CHECK(two("[0,8]", "[4,12]", 12) ==
              "f: tensor \"b\" overlaps another at byte 4: expected it to begin at 8");
        CHECK(two("[0,8]", "[0,8]", 8).find("overlaps") != std::string::npos);
        CHECK(two("[4,12]", "[12,20]", 20).find("leaves a hole") != std::string::npos);
        CHECK(two("[0,8]", "[8,16]", 17).find("take 16 bytes") != std::string::npos);
        CHECK(two("[0,8]", "[8,16]", 15).find("take 16 bytes") != std::string::npos);
    }
}
