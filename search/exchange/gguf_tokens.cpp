#include "search/exchange/gguf_tokens.h"

#include "engine/base/error.h"
#include "tokenizer/gguf_vocabulary.h"

#include <fmt/core.h>
#include <optional>

namespace qstar::search {

namespace {

const std::string token_keys = "tokenizer.ggml.";

int id_or_none(const engine::GgufReader& file, const std::string& key) {
    if (!file.has(token_keys + key)) return -1;
    const int64_t id = file.whole(token_keys + key);
    if (id < 0 || id > INT32_MAX)
        fail("{}: the key \"{}{}\": {} is no token", file.name(), token_keys, key, id);
    return static_cast<int>(id);
}

std::optional<bool> truth_or_none(const engine::GgufReader& file, const std::string& key) {
    if (!file.has(token_keys + key)) return {};
    return file.truth(token_keys + key);
}

tokenizer::GgufVocabulary vocabulary_of(const engine::GgufReader& file) {
    tokenizer::GgufVocabulary v;
    v.model = file.text(token_keys + "model");
    if (file.has(token_keys + "pre")) v.pre = file.text(token_keys + "pre");
    v.tokens = file.texts(token_keys + "tokens");
    if (file.has(token_keys + "scores"))
        for (const double score : file.numbers(token_keys + "scores"))
            v.scores.push_back(static_cast<float>(score));
    if (file.has(token_keys + "token_type"))
        for (const int64_t type : file.wholes(token_keys + "token_type"))
            v.types.push_back(static_cast<int>(type));
    if (file.has(token_keys + "merges")) v.merges = file.texts(token_keys + "merges");
    v.bos = id_or_none(file, "bos_token_id");
    v.eos = id_or_none(file, "eos_token_id");
    v.unknown = id_or_none(file, "unknown_token_id");
    v.add_bos = truth_or_none(file, "add_bos_token");
    v.add_eos = truth_or_none(file, "add_eos_token");
    v.add_space_prefix = truth_or_none(file, "add_space_prefix");
    return v;
}

} // namespace

tokenizer::Tokenizer tokenizer_of_gguf(const engine::GgufReader& file) {
    const tokenizer::GgufVocabulary vocabulary = vocabulary_of(file);
    try {
        return tokenizer::tokenizer_of(vocabulary);
    } catch (const Error& error) {
        fail("{}: {}", file.name(), error.what());
    }
}

engine::TextEnds ends_of_gguf(const engine::GgufReader& file) {
    engine::TextEnds ends;
    if (const int bos = id_or_none(file, "bos_token_id"); bos >= 0) ends.begin = bos;
    for (const char* key : {"eos_token_id", "eot_token_id"})
        if (const int id = id_or_none(file, key); id >= 0) ends.end.push_back(id);
    return ends;
}

std::string put_tokens(engine::GgufContents& contents, const tokenizer::Tokenizer& tokenizer,
                       const RunEnds& ends, int64_t rows) {
    tokenizer::GgufVocabulary v = tokenizer::gguf_vocabulary_of(tokenizer);
    if (v.types.empty()) v.types.assign(v.tokens.size(), tokenizer::gguf_normal);
    for (auto id = static_cast<int64_t>(v.tokens.size()); id < rows; ++id) {
        v.tokens.push_back(fmt::format("[PAD{}]", id));
        v.types.push_back(tokenizer::gguf_unused);
        if (!v.scores.empty()) v.scores.push_back(0);
    }
    contents.text(token_keys + "model", v.model);
    if (!v.pre.empty()) contents.text(token_keys + "pre", v.pre);
    contents.texts(token_keys + "tokens", v.tokens);
    if (!v.scores.empty())
        contents.numbers(token_keys + "scores", {v.scores.begin(), v.scores.end()});
    contents.wholes(token_keys + "token_type", {v.types.begin(), v.types.end()});
    // llama.cpp asks for the key of a vocabulary of bytes alone, too.
    if (v.model == "gpt2") contents.texts(token_keys + "merges", v.merges);
    const int bos = ends.bos >= 0 ? ends.bos : v.bos;
    if (bos >= 0) contents.whole(token_keys + "bos_token_id", bos);
    const int eos = !ends.end.empty() ? ends.end.front() : v.eos;
    if (eos >= 0) contents.whole(token_keys + "eos_token_id", eos);
    if (ends.end.size() > 1) contents.whole(token_keys + "eot_token_id", ends.end[1]);
    if (v.unknown >= 0) contents.whole(token_keys + "unknown_token_id", v.unknown);
    contents.truth(token_keys + "add_bos_token", !ends.begin.empty());
    contents.truth(token_keys + "add_eos_token", v.add_eos.value_or(false));
    if (v.add_space_prefix) contents.truth(token_keys + "add_space_prefix", *v.add_space_prefix);
    return v.inexact;
}

} // namespace qstar::search
