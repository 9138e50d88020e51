#include "tokenizer/gguf_vocabulary.h"

#include "engine/base/error.h"
#include "engine/text/utf8.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/score_merges.h"
#include "tokenizer/vocab_json.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <unordered_map>

namespace qstar::tokenizer {

namespace {

std::vector<ScoredToken> scored(const GgufVocabulary& gguf) {
    std::vector<ScoredToken> tokens;
    for (size_t id = 0; id < gguf.tokens.size(); ++id)
        tokens.push_back({gguf.tokens[id], gguf.scores[id], gguf.type(id) == gguf_normal});
    return tokens;
}

using TokenIds = std::unordered_map<std::string_view, int>;

struct SplitName {
    std::string_view pre;
    Pretokenizer how;
};

// llama.cpp's names; of several for one way to split the first is written.
constexpr SplitName kSplitNames[] = {
    {"gpt-2", {Digits::runs}},
    {"phi-2", {Digits::runs}},
    {"olmo", {Digits::runs}},
    {"smollm", {Digits::apart}},
    {"starcoder", {Digits::apart}},
    {"refact", {Digits::apart}},
    {"llama-bpe", {Digits::threes, Words::llama3}},
    {"llama3", {Digits::threes, Words::llama3}},
    {"llama-v3", {Digits::threes, Words::llama3}},
    {"qwen2", {Digits::single, Words::llama3}},
    {"deepseek-r1-qwen", {Digits::single, Words::llama3}},
};

void check_lists(const GgufVocabulary& gguf) {
    const size_t size = gguf.tokens.size();
    if (size == 0 || size > static_cast<size_t>(kMostIds))
        fail("tokenizer.ggml.tokens: expected 1 to {} tokens, found {}", kMostIds, size);
    if (!gguf.types.empty() && gguf.types.size() != size)
        fail("tokenizer.ggml.token_type: expected {} types, one a token, found {}", size,
             gguf.types.size());
    for (size_t id = 0; id < size; ++id) {
        if (const size_t end = utf8_end(gguf.tokens[id]); end < gguf.tokens[id].size())
            fail("tokenizer.ggml.tokens[{}]: found a byte that is not UTF-8", id);
        if (const int type = gguf.type(id); type < gguf_normal || type > gguf_byte)
            fail("tokenizer.ggml.token_type[{}]: expected 1 to 6, found {}", id, type);
    }
}

void check_known(int id, size_t size, std::string_view key) {
    if (id < 0 || static_cast<size_t>(id) >= size)
        fail("tokenizer.ggml.{}_token_id: expected 0 to {}, found {}", key, size - 1, id);
}

// What stands around a text: the ids that are added, if any.
void add_ends(const GgufVocabulary& gguf, bool bos, int bos_id, int eos_id,
              Vocabulary& vocabulary) {
    if (gguf.add_bos.value_or(bos)) {
        check_known(bos_id, gguf.tokens.size(), "bos");
        vocabulary.begins = {bos_id};
    }
    if (gguf.add_eos.value_or(false)) {
        check_known(eos_id, gguf.tokens.size(), "eos");
        vocabulary.ends = {eos_id};
    }
}

void read_merge_texts(const GgufVocabulary& gguf, Vocabulary& vocabulary) {
    TokenIds ids;
    for (size_t id = 0; id < gguf.tokens.size(); ++id)
        ids.emplace(gguf.tokens[id], static_cast<int>(id));
    const auto known = [&](std::string_view text, size_t at) {
        const auto found = ids.find(text);
        if (found == ids.end())
            fail("tokenizer.ggml.merges[{}]: token '{}' is not in the vocabulary", at, text);
        return found->second;
    };
    for (const std::string& text : gguf.merges) {
        const size_t at = vocabulary.merges.size(), space = text.find(' ');
        if (space == text.npos || text.find(' ', space + 1) != text.npos)
            fail("tokenizer.ggml.merges[{}]: expected two tokens with one space between them, "
                 "found '{}'",
                 at, qstar::printable(text.substr(0, 40)));
        const std::string left = text.substr(0, space), right = text.substr(space + 1);
        vocabulary.merges.push_back({known(left, at), known(right, at), known(left + right, at)});
    }
}

Vocabulary read_gpt2(const GgufVocabulary& gguf) {
    Vocabulary vocabulary;
    const auto named = std::find_if(std::begin(kSplitNames), std::end(kSplitNames),
                                    [&](const SplitName& name) { return name.pre == gguf.pre; });
    if (named == std::end(kSplitNames))
        fail("tokenizer.ggml.pre: \"{}\" is not understood: expected gpt-2, llama-bpe, qwen2 or "
             "smollm",
             gguf.pre);
    vocabulary.pretokenizer = named->how;
    const bool llama3 = named->how == Pretokenizer{Digits::threes, Words::llama3};
    vocabulary.ignore_merges = llama3;
    read_merge_texts(gguf, vocabulary);
    vocabulary.tokens.resize(gguf.tokens.size());
    for (size_t id = 0; id < gguf.tokens.size(); ++id) {
        const std::string& text = gguf.tokens[id];
        const int type = gguf.type(id);
        if (type == gguf_unused) continue;
        vocabulary.tokens[id] = text;
        if (type == gguf_normal || type == gguf_byte) {
            const auto bytes = from_printable(text);
            if (!bytes)
                fail("tokenizer.ggml.tokens[{}]: '{}' is neither written in GPT-2's byte alphabet "
                     "nor a special token",
                     id, qstar::printable(text.substr(0, 40)));
            vocabulary.tokens[id] = *bytes;
        } else if (!text.empty()) {
            vocabulary.added.push_back({static_cast<int>(id), type != gguf_user_defined});
        }
    }
    add_ends(gguf, llama3, gguf.bos, gguf.eos, vocabulary);
    return vocabulary;
}

Vocabulary read_llama(const GgufVocabulary& gguf) {
    if (gguf.scores.size() != gguf.tokens.size())
        fail("tokenizer.ggml.scores: expected {} scores, one a token, found {}", gguf.tokens.size(),
             gguf.scores.size());
    for (size_t id = 0; id < gguf.scores.size(); ++id)
        if (std::isnan(gguf.scores[id]))
            fail("tokenizer.ggml.scores[{}]: expected a number, found NaN", id);
    Vocabulary vocabulary;
    vocabulary.alphabet = Alphabet::characters;
    vocabulary.pretokenizer = {Digits::runs, Words::whole};
    vocabulary.byte_fallback = vocabulary.fuse_unknown = true;
    vocabulary.unknown = gguf.unknown < 0 ? 0 : gguf.unknown;
    check_known(vocabulary.unknown, gguf.tokens.size(), "unknown");
    vocabulary.tokens = gguf.tokens;
    for (size_t id = 0; id < gguf.tokens.size(); ++id) {
        const int type = gguf.type(id);
        if (type == gguf_unused) vocabulary.tokens[id].clear();
        if (vocabulary.tokens[id].empty() || type == gguf_normal || type == gguf_byte) continue;
        vocabulary.added.push_back({static_cast<int>(id), type != gguf_user_defined});
    }
    vocabulary.merges = merges_by_score(scored(gguf));
    const std::string mark(kSpaceMark);
    const bool prefixed = gguf.add_space_prefix.value_or(true);
    if (prefixed) vocabulary.normalizer.push_back({NormalizerStep::prepend, "", mark});
    vocabulary.normalizer.push_back({NormalizerStep::replace, " ", mark});
    vocabulary.strips_space = prefixed;
    add_ends(gguf, true, gguf.bos < 0 ? 1 : gguf.bos, gguf.eos < 0 ? 2 : gguf.eos, vocabulary);
    return vocabulary;
}

// What a writer says of a token.
int written_type(const Tokenizer& tokenizer, int id, const std::vector<bool>& added) {
    if (tokenizer.is_hole(id)) return gguf_unused;
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    const std::string& text = vocabulary.tokens[static_cast<size_t>(id)];
    if (id == vocabulary.unknown) return gguf_unknown;
    if (tokenizer.is_special(id)) return gguf_control;
    if (added[static_cast<size_t>(id)]) return gguf_user_defined;
    const bool byte = vocabulary.byte_fallback && text.size() == 6 && text.starts_with("<0x") &&
                      tokenizer.token(id).size() == 1;
    return byte ? gguf_byte : gguf_normal;
}

// The word for how a vocabulary's words are split. We have no name for our own single digits;
// SmolLM's differ where several blanks stand before a digit, if these can merge.
void name_split(const Tokenizer& tokenizer, GgufVocabulary& gguf) {
    Pretokenizer how = tokenizer.pretokenizer();
    if (how == Pretokenizer{}) {
        how.digits = Digits::apart;
        const auto blank = [&](const Merge& merge) {
            const std::string& text = tokenizer.token(merge.product);
            return text.find_first_not_of(" \t\n\r\v\f") == text.npos;
        };
        if (std::any_of(tokenizer.merges().begin(), tokenizer.merges().end(), blank))
            gguf.inexact = "GGUF has no name for how our words are split; under \"smollm\" the "
                           "ids of several blanks before a digit may differ";
    }
    for (const SplitName& name : kSplitNames) {
        if (!(name.how == how)) continue;
        gguf.pre = name.pre;
        return;
    }
    fail("GGUF has no name for words split as {} with digits {}{}", name_of(how.words),
         name_of(how.digits), how.prefix == Prefix::none ? "" : " and a space before the text");
}

// Scores by which SentencePiece's rule gives the merges again, or nearly.
void write_scores(const Tokenizer& tokenizer, GgufVocabulary& gguf) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    const float last = -static_cast<float>(vocabulary.merges.size() + 1);
    gguf.scores.assign(vocabulary.tokens.size(), last);
    float rank = 0;
    for (const Merge& merge : vocabulary.merges) {
        float& score = gguf.scores[static_cast<size_t>(merge.product)];
        if (score == last) score = -rank;
        rank += 1;
    }
    for (size_t id = 0; id < gguf.scores.size(); ++id)
        if (gguf.types[id] != gguf_normal) gguf.scores[id] = 0;
    if (merges_by_score(scored(gguf)) != vocabulary.merges)
        gguf.inexact = "the merges are not those that scores can say: some ids may differ";
}

int id_of_any(const Tokenizer& tokenizer, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
        for (const int id : tokenizer.specials())
            if (tokenizer.token(id) == name) return id;
    return -1;
}

} // namespace

Tokenizer tokenizer_of(const GgufVocabulary& gguf) {
    if (gguf.model != "gpt2" && gguf.model != "llama")
        fail("tokenizer.ggml.model: \"{}\" is not understood: expected gpt2 or llama", gguf.model);
    check_lists(gguf);
    try {
        return Tokenizer(gguf.model == "gpt2" ? read_gpt2(gguf) : read_llama(gguf));
    } catch (const Error& error) {
        const std::string_view sentence = error.what();
        if (sentence.starts_with("tokenizer.ggml.")) throw;
        fail("tokenizer.ggml.tokens: {}", sentence);
    }
}

GgufVocabulary gguf_vocabulary_of(const Tokenizer& tokenizer) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    std::vector<bool> added(vocabulary.tokens.size());
    for (const AddedToken& token : vocabulary.added) added[static_cast<size_t>(token.id)] = true;
    GgufVocabulary gguf;
    const bool bytes = vocabulary.alphabet == Alphabet::bytes;
    gguf.model = bytes ? "gpt2" : "llama";
    for (int id = 0; id < tokenizer.size(); ++id) {
        const int type = written_type(tokenizer, id, added);
        const std::string& text = vocabulary.tokens[static_cast<size_t>(id)];
        gguf.types.push_back(type);
        gguf.tokens.push_back(type == gguf_unused            ? fmt::format("[PAD{}]", id)
                              : bytes && type == gguf_normal ? printable(text)
                                                             : text);
    }
    if (bytes) {
        name_split(tokenizer, gguf);
        for (const Merge& merge : vocabulary.merges)
            gguf.merges.push_back(printable(tokenizer.token(merge.left)) + ' ' +
                                  printable(tokenizer.token(merge.right)));
    } else {
        const std::string mark(kSpaceMark);
        const NormalizerStep prepend{NormalizerStep::prepend, "", mark};
        const NormalizerStep replace{NormalizerStep::replace, " ", mark};
        const bool plain = vocabulary.normalizer == std::vector{replace};
        const bool prefixed = vocabulary.normalizer == std::vector{prepend, replace};
        const Pretokenizer& how = vocabulary.pretokenizer;
        const bool metaspace = vocabulary.normalizer.empty() && how.metaspace;
        if (!vocabulary.byte_fallback || how.words != Words::whole ||
            !(plain || prefixed || metaspace))
            fail("GGUF has no word for BPE of characters without byte fallback, or with another "
                 "normaliser than SentencePiece's");
        gguf.add_space_prefix = prefixed || (metaspace && how.prefix != Prefix::none);
        write_scores(tokenizer, gguf);
        gguf.unknown = vocabulary.unknown;
    }
    const auto nfc = [](const NormalizerStep& step) { return step.kind == NormalizerStep::nfc; };
    if (std::any_of(vocabulary.normalizer.begin(), vocabulary.normalizer.end(), nfc))
        gguf.inexact = "llama.cpp does not compose characters (NFC): the ids of text that is not "
                       "composed differ";
    if (vocabulary.begins.size() > 1 || vocabulary.ends.size() > 1)
        gguf.inexact = "GGUF has one token before a text and one after it, and not all that stand "
                       "there";
    gguf.add_bos = !vocabulary.begins.empty();
    gguf.add_eos = !vocabulary.ends.empty();
    gguf.bos = *gguf.add_bos ? vocabulary.begins.front()
                             : id_of_any(tokenizer, {"<s>", "<|begin_of_text|>", "<|endoftext|>"});
    gguf.eos = *gguf.add_eos ? vocabulary.ends.front()
                             : id_of_any(tokenizer, {"</s>", "<|end_of_text|>", "<|endoftext|>"});
    return gguf;
}

} // namespace qstar::tokenizer
