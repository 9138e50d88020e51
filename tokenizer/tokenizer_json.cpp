#include "tokenizer/tokenizer_json.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/vocab_json.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace qstar::tokenizer {

namespace {

using IdsByText = std::unordered_map<std::string_view, int>;

// A part that may be null or missing: nothing then.
std::optional<JsonLine> part(const JsonLine& above, std::string_view name) {
    if (!has_field(above, name)) return std::nullopt;
    return object_field(above, name);
}

void only(const JsonLine& object, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : object.value.items())
        if (std::find(known.begin(), known.end(), name) == known.end())
            fail("{}: the field \"{}\" is not understood", object.where, name);
}

// A setting that changes nothing if it is missing, null or `neutral`.
template <class T>
void neutral(const JsonLine& object, std::string_view name, const T& neutral) {
    if (has_field(object, name) && !(object.value.at(name) == Json(neutral)))
        fail("{}: {} {} is not understood: expected {}", object.where, name,
             json_text(object.value.at(name)), json_text(Json(neutral)));
}

bool flag(const JsonLine& object, std::string_view name, bool otherwise) {
    return has_field(object, name) ? bool_field(object, name) : otherwise;
}

[[noreturn]] void unknown_type(const JsonLine& object, const std::string& type,
                               std::string_view expected) {
    fail("{}: the type \"{}\" is not understood: expected {}", object.where, type, expected);
}

int checked_id(const Json& value, const std::string& where, std::string_view token) {
    if (!value.is_number_integer())
        fail("{}: the id of token '{}' should be a whole number, found {}", where, token,
             value.is_number() ? "a fraction" : value.type_name());
    const bool large = value.type() == Json::Type::without_sign &&
                       value.get<uint64_t>() >= static_cast<uint64_t>(most_ids);
    if (large || value.get<int64_t>() < 0 || value.get<int64_t>() >= most_ids)
        fail("{}: token '{}' has id {}, expected 0 to {}", where, token, json_text(value),
             most_ids - 1);
    return value.get<int>();
}

// The parts of a Sequence, of Sequences in it too; of any other part itself; of none nothing.
std::vector<JsonLine> sequence(const std::optional<JsonLine>& object, std::string_view list,
                               int depth = 0) {
    if (!object) return {};
    if (string_field(*object, "type") != "Sequence") return {*object};
    only(*object, {"type", list});
    constexpr int most_nested = 4; // each is a copy
    if (depth == most_nested)
        fail("{}: Sequences are nested more than {} deep", object->where, most_nested);
    std::vector<JsonLine> parts;
    for (const JsonLine& each : array_field(*object, list)) {
        if (!each.value.is_object())
            fail("{}: expected an object, found {}", each.where, each.value.type_name());
        for (JsonLine& inner : sequence(each, list, depth + 1)) parts.push_back(std::move(inner));
    }
    return parts;
}

// {"String": "..."}: the one pattern that Replace may have.
std::string string_pattern(const JsonLine& step) {
    const JsonLine pattern = object_field(step, "pattern");
    if (has_field(pattern, "Regex"))
        fail("{}: a regular expression is not understood: expected a String", pattern.where);
    only(pattern, {"String"});
    std::string text = string_field(pattern, "String");
    if (text.empty()) fail("{}: the String is empty", pattern.where);
    return text;
}

std::vector<NormalizerStep> read_normalizer(const JsonLine& root) {
    std::vector<NormalizerStep> steps;
    for (const JsonLine& step : sequence(part(root, "normalizer"), "normalizers")) {
        const std::string type = string_field(step, "type");
        if (type == "NFC") {
            only(step, {"type"});
            steps.push_back({NormalizerStep::nfc});
        } else if (type == "Prepend") {
            only(step, {"type", "prepend"});
            steps.push_back({NormalizerStep::prepend, "", string_field(step, "prepend")});
        } else if (type == "Replace") {
            only(step, {"type", "pattern", "content"});
            steps.push_back(
                {NormalizerStep::replace, string_pattern(step), string_field(step, "content")});
        } else {
            unknown_type(step, type, "NFC, Prepend, Replace or Sequence");
        }
    }
    return steps;
}

Pretokenizer read_split(const JsonLine& step) {
    only(step, {"type", "pattern", "behavior", "invert"});
    neutral(step, "behavior", "Isolated");
    neutral(step, "invert", false);
    const JsonLine pattern = object_field(step, "pattern");
    if (has_field(pattern, "String"))
        fail("{}: a String is not understood: expected a Regex", pattern.where);
    only(pattern, {"Regex"});
    const std::string text = string_field(pattern, "Regex");
    const std::optional<Pretokenizer> known = pretokenizer_of_pattern(text);
    if (!known)
        fail("{}: the expression \"{}\" is not understood: expected that of GPT-2, Llama 3 or "
             "Qwen 2, or that with single digits",
             pattern.where, text);
    return *known;
}

// Metaspace, in which newer files name a scheme where older ones say yes or no.
Pretokenizer read_metaspace(const JsonLine& step) {
    only(step, {"type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"});
    neutral(step, "replacement", space_mark);
    neutral(step, "str_rep", space_mark);
    Pretokenizer how{Digits::runs, Words::marks, Prefix::every, true};
    if (!flag(step, "split", true)) how.words = Words::whole;
    if (!flag(step, "add_prefix_space", true)) how.prefix = Prefix::none;
    if (has_field(step, "prepend_scheme")) {
        const std::string scheme = string_field(step, "prepend_scheme");
        if (scheme != "always" && scheme != "first" && scheme != "never")
            fail("{}: prepend_scheme: expected \"always\", \"first\" or \"never\", found \"{}\"",
                 step.where, scheme);
        how.prefix = scheme == "always"  ? Prefix::every
                     : scheme == "first" ? Prefix::first
                                         : Prefix::none;
    }
    return how;
}

void read_pretokenizer(const JsonLine& root, Vocabulary& vocabulary) {
    const auto steps = sequence(part(root, "pre_tokenizer"), "pretokenizers");
    vocabulary.alphabet = Alphabet::characters;
    vocabulary.pretokenizer = {Digits::runs, Words::whole};
    std::optional<Pretokenizer> split;
    bool digits = false;
    for (const JsonLine& step : steps) {
        const std::string type = string_field(step, "type");
        const bool last = &step == &steps.back();
        if (type == "Metaspace" && steps.size() == 1) {
            vocabulary.pretokenizer = read_metaspace(step);
        } else if (type == "Split" && !last && !split && !digits) {
            split = read_split(step);
        } else if (type == "Digits" && !last && !split && !digits) {
            only(step, {"type", "individual_digits"});
            if (!flag(step, "individual_digits", false))
                fail("{}: individual_digits false is not understood: expected true", step.where);
            digits = true;
        } else if (type == "ByteLevel" && last) {
            only(step, {"type", "add_prefix_space", "trim_offsets", "use_regex"});
            vocabulary.alphabet = Alphabet::bytes;
            const bool gpt2 = flag(step, "use_regex", true);
            if (split && gpt2)
                fail("{}: use_regex after a Split is not understood: expected false", step.where);
            if (digits && !gpt2)
                fail("{}: use_regex false after Digits is not understood: expected true",
                     step.where);
            if (gpt2) split = Pretokenizer{digits ? Digits::apart : Digits::runs};
            if (split) vocabulary.pretokenizer = *split;
            if (!flag(step, "add_prefix_space", true)) continue;
            if (steps.size() > 1)
                fail("{}: add_prefix_space after another step is not understood: expected false",
                     step.where);
            vocabulary.pretokenizer.prefix = Prefix::every;
        } else {
            unknown_type(step, type, "ByteLevel, Split or Digits before it, or Metaspace alone");
        }
    }
}

// The ids around the text's own in a template.
void read_template(const JsonLine& step, Vocabulary& vocabulary) {
    only(step, {"type", "single", "pair", "special_tokens"});
    const JsonLine names = object_field(step, "special_tokens");
    bool before = true;
    for (const JsonLine& piece : array_field(step, "single")) {
        if (has_field(piece, "Sequence")) {
            const JsonLine text = object_field(piece, "Sequence");
            if (string_field(text, "id") != "A" || !before)
                fail("{}: expected the sequence A once", piece.where);
            before = false;
            continue;
        }
        only(piece, {"SpecialToken"});
        const JsonLine token =
            object_field(names, string_field(object_field(piece, "SpecialToken"), "id"));
        for (const JsonLine& id : array_field(token, "ids"))
            (before ? vocabulary.begins : vocabulary.ends)
                .push_back(checked_id(id.value, id.where, "of the template"));
    }
    if (before) fail("{}: single: expected the sequence A, found none", step.where);
}

void read_post_processor(const JsonLine& root, Vocabulary& vocabulary) {
    bool found = false;
    for (const JsonLine& step : sequence(part(root, "post_processor"), "processors")) {
        const std::string type = string_field(step, "type");
        if (type == "ByteLevel") continue;
        if (type != "TemplateProcessing")
            unknown_type(step, type, "ByteLevel, TemplateProcessing or Sequence");
        if (found) fail("{}: a second template is not understood", step.where);
        found = true;
        read_template(step, vocabulary);
    }
}

void read_decoder(const JsonLine& root, Vocabulary& vocabulary) {
    const auto steps = sequence(part(root, "decoder"), "decoders");
    if (vocabulary.alphabet == Alphabet::bytes) {
        for (const JsonLine& step : steps)
            if (const std::string type = string_field(step, "type"); type != "ByteLevel")
                unknown_type(step, type, "ByteLevel, as the pre-tokenizer");
        return;
    }
    bool spaces = false, bytes = false;
    for (const JsonLine& step : steps) {
        const std::string type = string_field(step, "type");
        if (type == "Replace") {
            only(step, {"type", "pattern", "content"});
            if (string_pattern(step) != space_mark || string_field(step, "content") != " ")
                fail("{}: expected the Replace of \"{}\" by a space", step.where, space_mark);
            spaces = true;
        } else if (type == "ByteFallback") {
            bytes = true;
        } else if (type == "Strip") {
            only(step, {"type", "content", "start", "stop"});
            neutral(step, "content", " ");
            neutral(step, "stop", 0);
            neutral(step, "start", 1);
            vocabulary.strips_space = true;
        } else if (type != "Fuse") {
            unknown_type(step, type, "Replace, ByteFallback, Fuse, Strip or Sequence");
        }
    }
    if (!spaces)
        fail("{}: decoder: expected the Replace of \"{}\" by a space, found none", root.where,
             space_mark);
    if (bytes != vocabulary.byte_fallback)
        fail("{}: decoder: ByteFallback {}, though the model's byte_fallback is {}", root.where,
             bytes ? "is there" : "is missing", vocabulary.byte_fallback);
}

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
