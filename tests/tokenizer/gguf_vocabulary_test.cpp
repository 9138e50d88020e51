#include "tokenizer/gguf_vocabulary.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"
#include "tests/refusal.h"
#include "tokenizer/files.h"
#include "tokenizer/fingerprint.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/train.h"

#include <cmath>
#include <doctest/doctest.h>

using namespace qstar::tokenizer;

namespace {

std::string case_path(const std::string& name) {
    return qstar::join_path(qstar::tests::source_dir, "tests/cases/" + name);
}

Tokenizer llama2() { return read_tokenizer_json(case_path("tokenizer_json/llama2.json")); }

// The values of stories260K.gguf: a score of -0, -1, ... for the tokens from 259 on.
GgufVocabulary stories() {
    GgufVocabulary gguf;
    gguf.model = "llama";
    gguf.tokens = llama2().vocabulary().tokens;
    for (int id = 0; id < 512; ++id) {
        gguf.scores.push_back(id < 259 ? 0.0f : static_cast<float>(259 - id));
        gguf.types.push_back(id == 0    ? gguf_unknown
                             : id < 3   ? gguf_control
                             : id < 259 ? gguf_byte
                                        : gguf_normal);
    }
    gguf.bos = 1;
    gguf.eos = 2;
    gguf.unknown = 0;
    return gguf;
}

// Three letters and tokens of them, with these scores.
GgufVocabulary scored(std::vector<std::pair<std::string, float>> tokens) {
    GgufVocabulary gguf = stories();
    for (const auto& [text, score] : tokens) {
        gguf.tokens.push_back(text);
        gguf.scores.push_back(score);
        gguf.types.push_back(gguf_normal);
    }
    return gguf;
}

template <class Change>
std::string gguf_refusal(GgufVocabulary gguf, Change change) {
    change(gguf);
    return qstar::tests::refusal_of([&] { tokenizer_of(gguf); });
}

} // namespace

TEST_CASE("scores give the merges of the same tokenizer's tokenizer.json") {
    const Tokenizer tokenizer = tokenizer_of(stories());
    CHECK(tokenizer.merges() == llama2().merges());
    CHECK(fingerprint(tokenizer) == fingerprint(llama2()));
    for (const auto& line : qstar::read_jsonl(case_path("tokenizer_json/llama2.jsonl"))) {
        CAPTURE(line.where);
        CHECK(tokenizer.encode(string_field(line, "text")) ==
              line.value.at("ids").get<std::vector<int>>());
    }
}

TEST_CASE("the highest score is joined first, whichever way a token is made") {
    const GgufVocabulary gguf = scored(
        {{"\u00E4", -900}, {"\u00E4\u00E4", -2000}, {"b\u00E4", -1000}, {"b\u00E4\u00E4", -1500}});
    const Tokenizer tokenizer = tokenizer_of(gguf);
    const auto texts = [&](const std::string& text) {
        std::string out;
        for (const int id : tokenizer.encode_continuation(text))
            out += (out.empty() ? "" : "|") + tokenizer.token(id);
        return out;
    };
    CHECK(texts("\u00E4\u00E4\u00E4") == "\u00E4\u00E4|\u00E4");
    CHECK(texts("b\u00E4\u00E4") ==
          "b\u00E4\u00E4"); // by b\u00E4, though \u00E4\u00E4 would do, too
    CHECK(texts("b\u00E4\u00E4\u00E4") == "b\u00E4\u00E4|\u00E4");
}

TEST_CASE("what is written for GGUF is read as the same tokenizer") {
    const GgufVocabulary written = gguf_vocabulary_of(llama2());
    CHECK(written.inexact.empty());
    CHECK(written.types == stories().types);
    CHECK(written.bos == 1);
    CHECK(written.eos == 2);
    CHECK(written.add_bos == true);
    CHECK(written.add_space_prefix == true);
    CHECK(fingerprint(tokenizer_of(written)) == fingerprint(llama2()));

    const Tokenizer hole = load_tokenizer(case_path("tok/hole"));
    for (const Pretokenizer how : {Pretokenizer{Digits::runs}, Pretokenizer{Digits::apart},
                                   Pretokenizer{Digits::threes, Words::llama3},
                                   Pretokenizer{Digits::single, Words::llama3}}) {
        Vocabulary vocabulary = hole.vocabulary();
        vocabulary.pretokenizer = how;
        vocabulary.ignore_merges = how.digits == Digits::threes;
        vocabulary.tokens.push_back("mark");
        vocabulary.added.push_back({301, false});
        const Tokenizer tokenizer(vocabulary);
        const GgufVocabulary gguf = gguf_vocabulary_of(tokenizer);
        CHECK(gguf.inexact.empty());
        CHECK(gguf.types[258] == gguf_unused);
        CHECK(gguf.types[300] == gguf_control);
        CHECK(gguf.types[301] == gguf_user_defined);
        CHECK(gguf.bos == 300);
        CHECK(fingerprint(tokenizer_of(gguf)) == fingerprint(tokenizer));
    }
}

TEST_CASE("our own words go under the nearest name, and where that differs it is said") {
    const GgufVocabulary gguf = gguf_vocabulary_of(Tokenizer());
    CHECK(gguf.pre == "smollm");
    CHECK(gguf.inexact.empty());
    CHECK(gguf.tokens[220] == "\u0120");
    CHECK(tokenizer_of(gguf).encode("3*(4+5)<|step|>  1") ==
          Tokenizer().encode("3*(4+5)<|step|>  1"));
    WordCounts words;
    words.times["   "] = 5;
    CHECK(gguf_vocabulary_of(train_bpe(words, 261)).inexact.find("smollm") != std::string::npos);
    Vocabulary vocabulary = Tokenizer().vocabulary();
    vocabulary.pretokenizer.prefix = Prefix::every;
    CHECK_THROWS_AS(gguf_vocabulary_of(Tokenizer(vocabulary)), qstar::Error);
}

TEST_CASE("a vocabulary of GGUF with lies in it gets a sentence") {
    using Gguf = GgufVocabulary;
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.model = "bert"; }) ==
          "tokenizer.ggml.model: \"bert\" is not understood: expected gpt2 or llama");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.tokens.clear(); }) ==
          "tokenizer.ggml.tokens: expected 1 to 1048576 tokens, found 0");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.scores.pop_back(); }) ==
          "tokenizer.ggml.scores: expected 512 scores, one a token, found 511");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.scores[300] = std::nanf(""); }) ==
          "tokenizer.ggml.scores[300]: expected a number, found NaN");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.types.push_back(1); }) ==
          "tokenizer.ggml.token_type: expected 512 types, one a token, found 513");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.types[7] = 9; }) ==
          "tokenizer.ggml.token_type[7]: expected 1 to 6, found 9");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.bos = 512; }) ==
          "tokenizer.ggml.bos_token_id: expected 0 to 511, found 512");
    CHECK(gguf_refusal(stories(), [](Gguf& g) {
              g.unknown = 1 << 30;
          }).starts_with("tokenizer.ggml.unknown_token_id: expected 0 to 511"));
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.tokens[300] = "\xFF"; }) ==
          "tokenizer.ggml.tokens[300]: found a byte that is not UTF-8");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.tokens[20] = "x"; }) ==
          "tokenizer.ggml.tokens: the vocabulary has no token for the byte 0x11");
    CHECK(gguf_refusal(stories(), [](Gguf& g) { g.tokens[300] = std::string(5000, 'a'); }) ==
          "tokenizer.ggml.tokens[300]: expected at most 512 bytes, found 5000");
    const GgufVocabulary bytes = gguf_vocabulary_of(load_tokenizer(case_path("tok/plain")));
    CHECK(gguf_refusal(bytes, [](Gguf& g) {
              g.pre = "default";
          }).starts_with("tokenizer.ggml.pre: \"default\" is not understood"));
    CHECK(gguf_refusal(bytes, [](Gguf& g) { g.merges[0] = "a"; }) ==
          "tokenizer.ggml.merges[0]: expected two tokens with one space between them, found 'a'");
    CHECK(gguf_refusal(bytes, [](Gguf& g) { g.merges[0] = "a \u65e5"; }) ==
          "tokenizer.ggml.merges[0]: token '\u65e5' is not in the vocabulary");
    CHECK(gguf_refusal(bytes, [](Gguf& g) {
              g.tokens[9] = "\u65e5";
          }).starts_with("tokenizer.ggml.tokens[9]: '\u65e5' is neither written in"));
}
