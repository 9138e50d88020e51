// Files that others' programs and broken downloads leave: what is read of each, or why not.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/stand_in.h"
#include "engine/nn/safetensors.h"
#include "tests/paths.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>
#include <map>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

// "a(2) 1 2; b() 3", or the sentence of the Error after the file's name.
std::string told(const std::string& path) {
    try {
        std::string text;
        for (const auto& [name, tensor] : read_safetensors(path).tensors) {
            text += (text.empty() ? "" : "; ") + name + tensor.shape().text();
            for (const float value : tensor.values()) text += fmt::format(" {}", value);
        }
        return text;
    } catch (const Error& error) {
        const std::string sentence = error.what();
        REQUIRE(sentence.starts_with(path + ": "));
        return sentence.substr(path.size() + 2);
    }
}

const std::map<std::string, std::string> safetensors_cases = {
    {"badutf8", "the header: not JSON: column 3: found a byte that is not UTF-8"},
    {"bf16", "a(2) 0 1"},
    {"dup", "the header: the field \"a\" stands twice in an object"},
    {"empty", "expected a safetensors file, found only 0 bytes"},
    {"empty_object", ""},
    {"f8", "tensor \"a\": expected a dtype of BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F16, "
           "BF16, F32, F64, found \"F8_E4M3\""},
    {"float_shape", "tensor \"a\": shape is not a list of whole numbers"},
    {"header_past_end", "the file is cut off: its header is 1000 bytes long, but only 8 follow"},
    {"hole", "tensor \"a\" leaves a hole at byte 4: expected it to begin at 0"},
    {"html", "expected a safetensors file, found an HTML page, not the file itself: download it "
             "anew"},
    {"hugeheader", "not a safetensors file: the header would be 9223372036854775808 bytes long"},
    {"i64", "a(1) 0"},
    {"leading_space", "the header is not a JSON object"},
    {"lfs_pointer", "expected a safetensors file, found a Git LFS pointer, not the file itself: "
                    "fetch it with git lfs pull"},
    {"lie", "tensor \"t\": shape (1000, 1000) takes 4000000 bytes, but its data_offsets span 4"},
    {"meta_int", "__metadata__ \"step\" is not a string"},
    {"meta_null", "__metadata__ is not a JSON object"},
    {"meta_only", ""},
    {"neg", "tensor \"a\": shape is not a list of whole numbers"},
    {"ok", "a(2) 1 2"},
    {"overflow", "tensor \"t\": the shape is too large"},
    {"overflow_int", "tensor \"a\": shape is not a list of whole numbers"},
    {"overflow_number", "the header: not JSON: column 30: the number 1e999 is too large"},
    {"overlap", "tensor \"b\" overlaps another at byte 0: expected it to begin at 4"},
    {"rank5", "tensor \"a\" has 5 dimensions; at most 4 are allowed"},
    {"scalar", "a() 3"},
    {"trailing", "the tensors take 4 bytes, but the file holds 8 after its header"},
    {"unpadded", "ab(1) 7"},
    {"zero", "a(0); b(1) 3"},
    {"zero_mid", "a(3, 0); b(1) 4; z(1) 3"},
    {"zero_times_huge", "tensor \"t\": the shape is too large"},
};

} // namespace

TEST_CASE("each safetensors case is read as it should be, or refused in its sentence") {
    const std::string folder = std::string(tests::source_dir) + "/tests/cases/safetensors";
    for (const auto& [name, sentence] : safetensors_cases) {
        INFO(name);
        CHECK(told(folder + "/" + name + ".safetensors") == sentence);
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        INFO(entry.path().string());
        CHECK(safetensors_cases.contains(entry.path().stem().string()));
    }
}

TEST_CASE("what stands in the place of a file is named") {
    CHECK(stand_in("version https://git-lfs.github.com/spec/v1\n").starts_with("a Git LFS"));
    CHECK(stand_in("<!DOCTYPE html><html>").starts_with("an HTML page"));
    CHECK(stand_in("\xef\xbb\xbf\r\n  <HTML lang=en>").starts_with("an HTML page"));
    CHECK(stand_in("<!doctype HTML").starts_with("an HTML page"));
    CHECK(stand_in("PK\x03\x04....").starts_with("a zip archive"));
    CHECK(stand_in("GGUF\x03").starts_with("a GGUF file"));
    CHECK(stand_in("{\"weight_map\": {}}") == "a JSON text");
    for (const char* other : {"", " ", "<", "<!DOCTYPE", "version 2", "#version: 0.2", "3+4*5"})
        CHECK(stand_in(other).empty());
}
