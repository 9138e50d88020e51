// Folders as other programs write them: tests/cases/tok.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/paths.h"
#include "tests/temporary.h"
#include "tokenizer/files.h"
#include "tokenizer/fingerprint.h"
#include "tokenizer/train.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar::tokenizer;

namespace {

using IdList = std::vector<int>;

std::string case_folder(const std::string& name) {
    return qstar::join_path(qstar::join_path(qstar::tests::source_dir, "tests/cases/tok"), name);
}

Tokenizer of_case(const std::string& name) { return load_tokenizer(case_folder(name)); }

std::string copied(const std::string& path) { return qstar::read_file(path); }

// The sentence with which a folder of these files is refused.
std::string sentence(const Temporary& folder, const std::string& vocabulary,
                     const std::string& merges) {
    folder.file("vocab.json", vocabulary);
    folder.file("merges.txt", merges);
    try {
        load_tokenizer(folder.path);
    } catch (const qstar::Error& error) {
        std::string text = error.what();
        for (size_t at; (at = text.find(folder.path + "/")) != text.npos;)
            text.erase(at, folder.path.size() + 1);
        return text;
    }
    return "no error";
}

} // namespace

TEST_CASE("merges without a version line, with another, with CR LF, blank or cut at the end") {
    // In these, bytes have the ids of their order; ab is 256, abc 257.
    for (const char* name :
         {"plain", "no_version", "version_huggingface", "crlf", "blank_last", "no_last_eol"}) {
        CAPTURE(name);
        const Tokenizer tokenizer = of_case(name);
        CHECK(fingerprint(tokenizer) == fingerprint(of_case("plain")));
        CHECK(tokenizer.size() == 259);
        CHECK(tokenizer.merges().size() == 2);
        CHECK(tokenizer.encode("abcab<|endoftext|>ab") == IdList{257, 256, 258, 256});
    }
}

TEST_CASE("a byte order mark before vocab.json or merges.txt is passed over") {
    CHECK(of_case("bomvocab").encode("abc") == IdList{257});
    const Temporary folder;
    const std::string mark = "\xEF\xBB\xBF";
    const std::string vocabulary = copied(case_folder("plain/vocab.json"));
    const std::string merges = copied(case_folder("plain/merges.txt"));
    folder.file("vocab.json", mark + vocabulary);
    for (const std::string& text : {mark + merges, mark + "a b\nab c\n"}) {
        folder.file("merges.txt", text);
        CHECK(fingerprint(load_tokenizer(folder.path)) == fingerprint(of_case("plain")));
    }
    folder.file("pretokenizer.json", mark + "{\"digits\": \"runs\"}");
    CHECK(fingerprint(load_tokenizer(folder.path)) == fingerprint(of_case("plain")));
}

TEST_CASE("merges whose tokens begin with # are no version lines") {
    const Tokenizer tokenizer = of_case("hash_merge");
    CHECK(tokenizer.encode("####") == IdList{256, 256});
    CHECK(tokenizer.encode("###") == IdList{257});
    const Temporary folder;
    folder.file("vocab.json", copied(case_folder("hash_merge/vocab.json")));
    folder.file("merges.txt", "# #\n## #\n");
    CHECK(fingerprint(load_tokenizer(folder.path)) == fingerprint(tokenizer));
}

TEST_CASE("merges in any order and several that make one token") {
    CHECK(of_case("reversed_merges").encode("abc") == IdList{257});
    const Tokenizer tokenizer = of_case("alt_derivation");
    CHECK(tokenizer.merges().size() == 4);
    CHECK(tokenizer.encode("abc bc") == IdList{258, 32, 257});
}

TEST_CASE("special tokens of others: first, last, in brackets") {
    const Tokenizer first = of_case("special_first");
    CHECK(first.specials() == IdList{0, 1, 2});
    CHECK(first.encode("<s>abc</s>") == IdList{0, 260, 1});
    const Tokenizer padded = of_case("pad_special");
    CHECK(padded.specials() == IdList{258, 259, 260, 261});
    CHECK(padded.encode("[PAD]abc[UNK]</s>") == IdList{258, 257, 259, 261});
    CHECK(padded.encode("[PAD]", Specials::as_text).size() == 5);
    CHECK(padded.encode("[PAD").size() == 4);
    CHECK(padded.special("[PAD]") == 258);
}

TEST_CASE("a hole in the ids is counted, never produced and refused when it is decoded") {
    const Tokenizer tokenizer = of_case("hole");
    CHECK(tokenizer.size() == 301);
    CHECK(tokenizer.special(kEndOfText) == 300);
    CHECK(tokenizer.is_hole(258));
    CHECK(tokenizer.is_special(258)); // what a model draws there ends its text
    CHECK_FALSE(tokenizer.is_hole(300));
    CHECK_FALSE(tokenizer.is_hole(301));
    CHECK(tokenizer.encode("abc<|endoftext|>") == IdList{257, 300});
    CHECK_THROWS_WITH_AS(tokenizer.decode({257, 299}),
                         "token id 299 is a hole in the vocabulary: no token has it", qstar::Error);
    const Temporary folder;
    save_tokenizer(tokenizer, folder.path);
    CHECK(fingerprint(load_tokenizer(folder.path)) == fingerprint(tokenizer));
}

TEST_CASE("an unused token is decoded and never produced, a token whose merge is missing refused") {
    const Temporary folder;
    std::string vocabulary = copied(case_folder("plain/vocab.json"));
    const std::string merges = copied(case_folder("plain/merges.txt"));
    vocabulary.insert(vocabulary.rfind('}'), ", \"madeupword0\": 259, \"<unused 1>\": 260");
    folder.file("vocab.json", vocabulary);
    folder.file("merges.txt", merges);
    const Tokenizer tokenizer = load_tokenizer(folder.path);
    CHECK(tokenizer.encode("madeupword0").size() == 11);
    CHECK(tokenizer.decode({259}) == "madeupword0");
    CHECK(tokenizer.specials() == IdList{258, 260});
    save_tokenizer(tokenizer, folder.path);
    CHECK(fingerprint(load_tokenizer(folder.path)) == fingerprint(tokenizer));

    for (const char* ours : {"pretokenizer.json", "tokenizer.json"})
        std::filesystem::remove(folder / ours);
    const char* cut = "vocab.json:1: token 'abc' is made by no line of merges.txt, though 'ab' and "
                      "'c' would: was that file cut?";
    CHECK(sentence(folder, vocabulary, "a b\n") == cut);
    CHECK(sentence(folder, vocabulary, "")
              .starts_with("vocab.json:1: token 'ab' is made by no line of merges.txt"));
}

TEST_CASE("a vocabulary that is not of bytes is refused by name") {
    CHECK_THROWS_WITH_AS(
        of_case("missing_byte"),
        (case_folder("missing_byte") + "/vocab.json: the vocabulary has no token for the byte 0x00")
            .c_str(),
        qstar::Error);
    CHECK_THROWS_WITH_AS(
        of_case("tokenizer_json"),
        (case_folder("tokenizer_json") +
         "/tokenizer.json: decoder: expected the Replace of \"\u2581\" by a space, "
         "found none")
            .c_str(),
        qstar::Error); // no pre-tokenizer of bytes either
    const Temporary folder;
    std::string vocabulary = copied(case_folder("plain/vocab.json"));
    vocabulary.insert(vocabulary.rfind('}'), ", \"\u2581the\": 259");
    CHECK(sentence(folder, vocabulary, copied(case_folder("plain/merges.txt"))) ==
          "vocab.json:1: token '\u2581the' is neither written in GPT-2's byte alphabet nor a "
          "special token, <...> or [...]");
    CHECK(sentence(folder, "{\"a\": 1048576}", "") ==
          "vocab.json:1: token 'a' has id 1048576, expected 0 to 1048575");
    CHECK(sentence(folder, "\xFF\xFE{", "") == "vocab.json: expected text in UTF-8, found UTF-16");
}

TEST_CASE("how words are split belongs to a vocabulary's files") {
    const Temporary folder;
    WordCounts words;
    count_words("the year 1234 and 1234, the cat", words);
    const Tokenizer trained = train_bpe(words, 270);
    save_tokenizer(trained, folder / "ours");
    CHECK(qstar::read_file(folder / "ours/pretokenizer.json") == "{\"digits\":\"single\"}\n");

    // A folder of our first runs: two files, no word on digits.
    std::filesystem::remove(folder / "ours/pretokenizer.json");
    CHECK(load_tokenizer(folder / "ours").pretokenizer() == Pretokenizer{Digits::single});
    CHECK(fingerprint(load_tokenizer(folder / "ours")) == fingerprint(trained));
    save_tokenizer(Tokenizer(), folder / "bytes");
    std::filesystem::remove(folder / "bytes/pretokenizer.json");
    CHECK(fingerprint(load_tokenizer(folder / "bytes")) == fingerprint(Tokenizer()));

    // One of others that was given our special tokens has longer numbers.
    std::vector<std::string> tokens = byte_tokens();
    tokens.emplace_back("12");
    tokens.insert(tokens.end(), kSpecialTokens.begin(), kSpecialTokens.end());
    const Tokenizer theirs(tokens, {{16, 17, 256}}, {257, 258, 259, 260}, {Digits::runs});
    save_tokenizer(theirs, folder / "theirs");
    CHECK(qstar::read_file(folder / "theirs/pretokenizer.json") == "{\"digits\":\"runs\"}\n");
    CHECK(load_tokenizer(folder / "theirs").encode("12<|step|>") == IdList{256, 259});
    std::filesystem::remove(folder / "theirs/pretokenizer.json");
    CHECK(load_tokenizer(folder / "theirs").encode("12<|step|>") == IdList{256, 259});

    // A word that is there counts, and one that is not understood is refused.
    const std::string word = folder.file("theirs/pretokenizer.json", "{\"digits\": \"single\"}");
    CHECK(load_tokenizer(folder / "theirs").encode("12") == IdList{16, 17});
    const auto refused = [&](const std::string& text) -> std::string {
        folder.file("theirs/pretokenizer.json", text);
        try {
            load_tokenizer(folder / "theirs");
        } catch (const qstar::Error& error) {
            return std::string(error.what()).substr(word.size());
        }
        return "no error";
    };
    CHECK(refused("{\"digits\": \"pairs\"}") ==
          ": digits: expected \"single\" or \"runs\", found \"pairs\"");
    CHECK(refused("{\"digits\": \"runs\", \"lower\": true}") ==
          ": expected nothing but \"digits\", found \"lower\"");
    CHECK(refused("{}").find("digits") != std::string::npos);
    CHECK(refused("[]") != "no error");
    CHECK(refused("digits") != "no error");
}
