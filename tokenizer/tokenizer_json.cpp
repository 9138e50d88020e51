#include "tokenizer/tokenizer_json.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/tokenizer_json_fields.h"
#include "tokenizer/tokenizer_json_steps.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace qstar::tokenizer {

namespace {

using IdsByText = std::unordered_map<std::string_view, int>;

// The tokens as the file writes them, by id, and their ids by text, in views into `list`.
IdsByText read_tokens(const Json& list, const std::string& where, Vocabulary& vocabulary) {
    IdsByText ids;
    ids.reserve(list.size());
    for (const auto& [text, value] : list.items()) {
        const int id = checked_id(value, where, text);
        const auto at = static_cast<size_t>(id);
        if (at >= vocabulary.tokens.size()) vocabulary.tokens.resize(at + 1);
        std::string& token = vocabulary.tokens[at];
        if (!token.empty())
            fail("{}: tokens '{}' and '{}' have the same id {}", where, token, text, id);
        token = text;
        ids.emplace(text, id);
    }
    return ids;
}

int token_of_merge(const IdsByText& ids, std::string_view text, const std::string& where,
                   size_t at) {
    const auto found = ids.find(text);
    if (found == ids.end()) fail("{}[{}]: token '{}' is not in the vocabulary", where, at, text);
    return found->second;
}

// "left right" as older files write a merge, ["left", "right"] as newer ones do.
void read_merge_list(const Json& list, const std::string& where, const IdsByText& ids,
                     Vocabulary& vocabulary) {
    if (!list.is_array()) fail("{}: expected an array, found {}", where, list.type_name());
    vocabulary.merges.reserve(list.size());
    for (const Json& merge : list) {
        const size_t at = vocabulary.merges.size();
        std::string left, right;
        if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            left = merge[0].get<std::string>();
            right = merge[1].get<std::string>();
        } else if (merge.is_string()) {
            const std::string text = merge.get<std::string>();
            const size_t space = text.find(' ');
            if (space == text.npos || text.find(' ', space + 1) != text.npos)
                fail("{}[{}]: expected two tokens with one space between them, found '{}'", where,
                     at, text);
            left = text.substr(0, space);
            right = text.substr(space + 1);
        } else {
            fail("{}[{}]: expected \"left right\" or [\"left\", \"right\"], found {}", where, at,
                 json_text(merge).substr(0, 60));
        }
        vocabulary.merges.push_back({token_of_merge(ids, left, where, at),
                                     token_of_merge(ids, right, where, at),
                                     token_of_merge(ids, left + right, where, at)});
    }
}

void read_settings(const JsonLine& model, const IdsByText& ids, Vocabulary& vocabulary) {
    only(model, {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                 "fuse_unk", "byte_fallback", "ignore_merges"});
    neutral(model, "continuing_subword_prefix", "");
    neutral(model, "end_of_word_suffix", "");
    neutral(model, "dropout", 0);
    vocabulary.ignore_merges = flag(model, "ignore_merges", false);
    vocabulary.fuse_unknown = flag(model, "fuse_unk", false);
    vocabulary.byte_fallback = flag(model, "byte_fallback", false);
    if (!has_field(model, "unk_token")) return;
    const std::string unknown = string_field(model, "unk_token");
    const auto found = ids.find(unknown);
    if (found == ids.end())
        fail("{}: unk_token '{}' is not in the vocabulary", model.where, unknown);
    vocabulary.unknown = found->second;
}

void read_added(const JsonLine& root, const IdsByText& ids, Vocabulary& vocabulary) {
    if (!has_field(root, "added_tokens")) return;
    std::unordered_set<int> seen;
    for (const JsonLine& token : array_field(root, "added_tokens")) {
        only(token, {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
        const std::string text = string_field(token, "content");
        if (text.empty()) fail("{}: the content is empty", token.where);
        neutral(token, "single_word", false);
        if (!has_field(token, "id")) fail("{}: expected an id, found none", token.where);
        const int id = checked_id(token.value.at("id"), token.where, text);
        const auto known = ids.find(text);
        if (known != ids.end() && known->second != id)
            fail("{}: token '{}' has id {}, but in the vocabulary it has {}", token.where, text, id,
                 known->second);
        const auto at = static_cast<size_t>(id);
        if (at >= vocabulary.tokens.size()) vocabulary.tokens.resize(at + 1);
        std::string& name = vocabulary.tokens[at];
        if (!name.empty() && known == ids.end())
            fail("{}: token '{}' has id {}, which is that of '{}'", token.where, text, id, name);
        if (!seen.insert(id).second) fail("{}: id {} was added already", token.where, id);
        name = text;
        const bool special = flag(token, "special", false);
        vocabulary.added.push_back({id, special, flag(token, "normalized", !special),
                                    flag(token, "lstrip", false), flag(token, "rstrip", false)});
    }
    std::sort(vocabulary.added.begin(), vocabulary.added.end(),
              [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
    // Without a normaliser the two kinds differ in their turn alone.
    const auto normalized = [](const AddedToken& token) { return token.normalized; };
    if (vocabulary.normalizer.empty() &&
        std::all_of(vocabulary.added.begin(), vocabulary.added.end(), normalized))
        for (AddedToken& token : vocabulary.added) token.normalized = false;
}

// From GPT-2's alphabet to bytes, but for added tokens, whose names are text.
void read_bytes(const std::string& where, Vocabulary& vocabulary) {
    std::vector<bool> added(vocabulary.tokens.size());
    for (const AddedToken& token : vocabulary.added) added[static_cast<size_t>(token.id)] = true;
    for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
        if (added[id]) continue;
        std::optional<std::string> bytes = from_printable(vocabulary.tokens[id]);
        if (!bytes)
            fail("{}: token '{}' is neither written in GPT-2's byte alphabet nor an added token",
                 where, vocabulary.tokens[id]);
        vocabulary.tokens[id] = std::move(*bytes);
    }
}

Tokenizer tokenizer_of_json(const JsonLine& root) {
    if (!root.value.is_object())
        fail("{}: expected an object, found {}", root.where, root.value.type_name());
    only(root, {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                "post_processor", "decoder", "model"});
    neutral(root, "version", "1.0");
    const std::string where = root.where + ": model";
    const auto model = root.value.find("model");
    if (model == root.value.end() || !model->is_object())
        fail("{}: expected an object, found {}", where,
             model == root.value.end() ? "nothing" : model->type_name());
    // The lists are long: all but them is copied.
    JsonLine settings{Json::object(), where};
    const Json *tokens = nullptr, *merges = nullptr;
    for (const auto& [name, value] : model->items()) {
        if (name == "vocab")
            tokens = &value;
        else if (name == "merges")
            merges = &value;
        else
            settings.value.append(name) = value;
    }
    if (const std::string type = settings.value.contains("type") ? string_field(settings, "type")
                                                                 : "BPE"; // in the oldest files
        type != "BPE")
        unknown_type(settings, type, "BPE");
    if (!tokens || !tokens->is_object())
        fail("{}.vocab: expected an object, found {}", where,
             tokens ? tokens->type_name() : "nothing");
    if (!merges) fail("{}.merges: expected an array, found nothing", where);

    Vocabulary vocabulary;
    const IdsByText ids = read_tokens(*tokens, where + ".vocab", vocabulary);
    read_merge_list(*merges, where + ".merges", ids, vocabulary);
    read_settings(settings, ids, vocabulary);
    vocabulary.normalizer = read_normalizer(root);
    read_pretokenizer(root, vocabulary);
    read_added(root, ids, vocabulary);
    read_post_processor(root, vocabulary);
    read_decoder(root, vocabulary);
    if (vocabulary.alphabet == Alphabet::bytes) {
        read_bytes(where + ".vocab", vocabulary);
        // Every byte has a token: nothing is unknown.
        vocabulary.unknown = -1;
        vocabulary.byte_fallback = vocabulary.fuse_unknown = false;
    }
    try {
        return Tokenizer(std::move(vocabulary));
    } catch (const Error& error) {
        fail("{}: {}", root.where, error.what());
    }
}

} // namespace

Tokenizer parse_tokenizer_json(std::string_view text, const std::string& name) {
    return tokenizer_of_json({parse_json(text, name, 1), name});
}

Tokenizer read_tokenizer_json(const std::string& file) {
    return parse_tokenizer_json(read_text_file(file), file);
}

} // namespace qstar::tokenizer
