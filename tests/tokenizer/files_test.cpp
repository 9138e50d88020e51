#include "tokenizer/files.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/train.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

using namespace qstar::tokenizer;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    REQUIRE(at != text.npos);
    return text.replace(at, from.size(), to);
}

// A saved tokenizer with the merges (a, b), (space, ab) and (space ab, c), in which a
// test breaks one file to see what the reader says.
struct Broken {
    Temporary scratch;
    std::string vocabulary, merges;

    Broken() {
        WordCounts words;
        count_words("abc abc abc ab ab", words);
        save_tokenizer(train_bpe(words, 263), scratch.path);
        vocabulary = qstar::read_file(scratch / "vocab.json");
        merges = qstar::read_file(scratch / "merges.txt");
    }
    // The reader's sentence, without the folder that it begins with.
    std::string error(const std::string& new_vocabulary, const std::string& new_merges) {
        qstar::write_file_atomic(scratch / "vocab.json", new_vocabulary);
        qstar::write_file_atomic(scratch / "merges.txt", new_merges);
        try {
            load_tokenizer(scratch.path);
        } catch (const qstar::Error& caught) {
            const std::string sentence = caught.what();
            REQUIRE(sentence.starts_with(scratch.path + "/"));
            return sentence.substr(scratch.path.size() + 1);
        }
        return "no error";
    }
    std::string with_vocabulary(const std::string& from, const std::string& to) {
        return error(replaced(vocabulary, from, to), merges);
    }
    std::string with_merges(const std::string& from, const std::string& to) {
        return error(vocabulary, replaced(merges, from, to));
    }
};

} // namespace

TEST_CASE("what is saved loads as the same tokenizer") {
    const Temporary scratch;
    WordCounts words;
    count_words("the cat's caf\u00E9, the cat's mat\n\n the\xFF\xFE the\xFF\xFE", words);
    for (const int vocabulary : {260, 270}) {
        const Tokenizer saved = train_bpe(words, vocabulary);
        save_tokenizer(saved, scratch / "a/b"); // makes the folders
        const Tokenizer loaded = load_tokenizer(scratch / "a/b");
        REQUIRE(loaded.size() == saved.size());
        for (int id = 0; id < saved.size(); ++id) CHECK(loaded.token(id) == saved.token(id));
        CHECK(loaded.merges() == saved.merges());
        CHECK(loaded.specials() == saved.specials());
        CHECK(loaded.pretokenizer() == saved.pretokenizer());
    }
    size_t files = 0;
    for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(scratch / "a/b"))
        ++files;
    CHECK(files == 4); // nothing left aside
}

TEST_CASE("files have GPT-2's form") {
    Broken files;
    CHECK(files.merges == "#version: 0.2\na b\n\u0120 ab\n\u0120ab c\n");
    CHECK(files.vocabulary.starts_with("{\n  \"!\": 0,\n  \"\\\"\": 1,\n"));
    CHECK(files.vocabulary.ends_with("  \"\u0120abc\": 258,\n  \"<|endoftext|>\": 259,\n"
                                     "  \"<|problem|>\": 260,\n  \"<|step|>\": 261,\n"
                                     "  \"<|answer|>\": 262\n}\n"));
}

TEST_CASE("files in the style of others load") {
    // One line, escapes instead of UTF-8, a special token first, the version line
    // of another writer, lines that end in CR LF.
    std::string vocabulary = "{\"<s>\": 0";
    int id = 1;
    for (const std::string& token : byte_tokens())
        vocabulary +=
            fmt::format(", {}: {}", nlohmann::json(printable(token)).dump(-1, ' ', true), id++);
    vocabulary += ", \"\\u0120a\": 257}";
    const Temporary scratch;
    qstar::write_file_atomic(scratch / "vocab.json", vocabulary);
    qstar::write_file_atomic(scratch / "merges.txt", "#version: 0.2 - by hand\r\n\u0120 a\r\n");
    const Tokenizer tokenizer = load_tokenizer(scratch.path);
    CHECK(tokenizer.special("<s>") == 0);
    CHECK(tokenizer.encode("! a<s>") == std::vector<int>{1, 257, 0});
    CHECK_THROWS_AS(tokenizer.special(kStep), qstar::Error);
}

TEST_CASE("a broken vocab.json gets a sentence with its line") {
    Broken files;
    CHECK(files.with_vocabulary("\"#\": 2", "\"\\\"\": 2") ==
          "vocab.json:4: token '\"' stands on line 3 already");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": 3") ==
          "vocab.json:5: tokens '#' and '$' have the same id 3");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": 1048576") ==
          "vocab.json:4: token '#' has id 1048576, expected 0 to 1048575");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": -2") ==
          "vocab.json:4: token '#' has id -2, expected 0 to 1048575");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": 2.5") ==
          "vocab.json:4: the id of token '#' should be a whole number, found a fraction");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": 99999999999") ==
          "vocab.json:4: token '#' has id 99999999999, expected 0 to 1048575");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": 18446744073709551615") ==
          "vocab.json:4: the id of token '#' should be a whole number, found one too large");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": 1e999") ==
          "vocab.json:4: broken JSON near '1e999'");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\": {}") ==
          "vocab.json:4: the id of token '#' should be a whole number, found an object");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\" 2") == "vocab.json:4: broken JSON near '2'");
    CHECK(files.with_vocabulary("\"#\": 2", "\"#\uFFFF\xFF\": 2")
              .starts_with("vocab.json:4: broken JSON near"));
    CHECK(files.with_vocabulary("\"#\"", "\"<#>\"") ==
          "vocab.json: the vocabulary has no token for the byte 0x23");
    CHECK(files.error("[1, 2]", files.merges) ==
          "vocab.json:1: expected a JSON object from tokens to ids, found an array");
    for (const char* nothing : {"", "\n", " \r\n\t"})
        CHECK(files.error(nothing, files.merges) ==
              "vocab.json: expected one JSON object from token to id, found an empty file");
    CHECK(files.error(files.vocabulary.substr(0, 100), files.merges).find("broken JSON") !=
          std::string::npos);
    CHECK(files.error(files.vocabulary + "x", files.merges).find("broken JSON") !=
          std::string::npos);
}

TEST_CASE("a broken merges.txt gets a sentence with its line") {
    Broken files;
    CHECK(files.with_merges("a b", "a q") == "merges.txt:2: token 'aq' is not in vocab.json");
    CHECK(files.with_merges("a b", "a zz") == "merges.txt:2: token 'zz' is not in vocab.json");
    CHECK(files.with_merges("a b", "ab") ==
          "merges.txt:2: expected two tokens with one space between them, found 'ab'");
    CHECK(files.with_merges("a b", "a  b") ==
          "merges.txt:2: expected two tokens with one space between them, found 'a  b'");
    CHECK(files.with_merges("a b\n", "a b\n\n").starts_with("merges.txt:3: expected two tokens"));
    CHECK(files.with_merges("a b\n", "a b\na b\n") ==
          "merges.txt:3: merge 'a b' stands on line 2 already");
    CHECK(files.error(files.vocabulary, "#version: 0.2\na b\n") ==
          "vocab.json:259: token '\u0120ab' is made by no line of merges.txt, though '\u0120' and "
          "'ab' would: was that file cut?");
}

TEST_CASE("a missing file is named") {
    const Temporary scratch;
    CHECK_THROWS_WITH_AS(
        load_tokenizer(scratch / "none"),
        (scratch / "none/vocab.json: cannot read: No such file or directory").c_str(),
        qstar::Error);
}
