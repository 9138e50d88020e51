#include "tokenizer/fingerprint.h"

#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tokenizer/files.h"
#include "tokenizer/train.h"

#include <doctest/doctest.h>
#include <set>

using namespace qstar::tokenizer;

TEST_CASE("a tokenizer's fingerprint stays as it is: models have recorded it") {
    CHECK(fingerprint(Tokenizer()) ==
          "6b02fca1b8a021c5c4d2696a6925615aa59a5827a24fef0a9cc13bad7711fc0d");
}

TEST_CASE("a tokenizer's fingerprint depends on all that its ids depend on, and on nothing else") {
    std::vector<std::string> tokens = byte_tokens();
    const int a = 64, b = 65, c = 66;
    tokens.insert(tokens.end(), {"ab", "bc", "abc", "<s>", "</s>"});
    const std::vector<Merge> merges = {{a, b, 256}, {b, c, 257}, {256, c, 258}};
    std::set<std::string> seen;
    const auto add = [&](const Tokenizer& tokenizer) { seen.insert(fingerprint(tokenizer)); };
    add(Tokenizer(tokens, merges, {259, 260}));
    add(Tokenizer(tokens, merges, {260, 259}));
    CHECK(seen.size() == 1);
    add(Tokenizer(tokens, merges, {259}));
    add(Tokenizer(tokens, {merges[1], merges[0], merges[2]}, {259, 260}));
    add(Tokenizer(tokens, {merges[0], merges[2]}, {259, 260}));
    add(Tokenizer(tokens, merges, {259, 260}, {Digits::runs}));
    std::swap(tokens[0], tokens[1]);
    add(Tokenizer(tokens, merges, {259, 260}));
    CHECK(seen.size() == 6);

    const Temporary folder;
    WordCounts words;
    count_words("the cat sat on the mat, the cat sat", words);
    const Tokenizer trained = train_bpe(words, 270);
    save_tokenizer(trained, folder.path);
    std::string merged = qstar::read_file(folder / "merges.txt");
    for (size_t at = 0; (at = merged.find('\n', at)) != merged.npos; at += 2)
        merged.insert(at, "\r");
    folder.file("merges.txt", merged);
    CHECK(fingerprint(load_tokenizer(folder.path)) == fingerprint(trained));
}
