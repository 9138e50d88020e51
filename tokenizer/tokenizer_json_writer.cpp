// tokenizer.json as we write it (tokenizer_json.h).
#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/tokenizer_json.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

namespace {

// What is written: the same parts as the file has them.

Json string_replace(std::string_view from, std::string_view to) {
    return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

Json in_sequence(std::string_view list, const std::vector<Json>& parts) {
    if (parts.empty()) return nullptr;
    if (parts.size() == 1) return parts[0];
    Json all = {{"type", "Sequence"}};
    all[list] = parts;
    return all;
}

Json byte_level(bool prefix, bool regex) {
    return {{"type", "ByteLevel"},
            {"add_prefix_space", prefix},
            {"trim_offsets", true},
            {"use_regex", regex}};
}

Json normalizer_json(const Vocabulary& vocabulary) {
    std::vector<Json> steps;
    for (const NormalizerStep& step : vocabulary.normalizer) {
        if (step.kind == NormalizerStep::nfc)
            steps.push_back(Json{{"type", "NFC"}});
        else if (step.kind == NormalizerStep::prepend)
            steps.push_back(Json{{"type", "Prepend"}, {"prepend", step.to}});
        else
            steps.push_back(string_replace(step.from, step.to));
    }
    return in_sequence("normalizers", steps);
}

Json pretokenizer_json(const Vocabulary& vocabulary) {
    const Pretokenizer& how = vocabulary.pretokenizer;
    const bool prefixed = how.prefix != Prefix::none;
    if (vocabulary.alphabet == Alphabet::characters) {
        if (!how.metaspace) return nullptr;
        return {{"type", "Metaspace"},
                {"replacement", kSpaceMark},
                {"prepend_scheme", how.prefix == Prefix::every   ? "always"
                                   : how.prefix == Prefix::first ? "first"
                                                                 : "never"},
                {"split", how.words == Words::marks}};
    }
    if (how.words == Words::whole) return byte_level(prefixed, false);
    if (how == Pretokenizer{Digits::runs, Words::gpt2, how.prefix})
        return byte_level(prefixed, true);
    if (how.digits == Digits::apart)
        return in_sequence("pretokenizers", {Json{{"type", "Digits"}, {"individual_digits", true}},
                                             byte_level(prefixed, true)});
    return in_sequence("pretokenizers", {Json{{"type", "Split"},
                                              {"pattern", {{"Regex", pattern_of(how)}}},
                                              {"behavior", "Isolated"},
                                              {"invert", false}},
                                         byte_level(prefixed, false)});
}

Json template_json(const Vocabulary& vocabulary) {
    if (vocabulary.begins.empty() && vocabulary.ends.empty())
        return vocabulary.alphabet == Alphabet::bytes ? byte_level(true, true) : Json(nullptr);
    Json single = Json::array(), pair = Json::array(), names = Json::object();
    const auto add = [&](Json& list, const std::vector<int>& ids, int type) {
        for (const int id : ids) {
            const std::string& name = vocabulary.tokens[static_cast<size_t>(id)];
            list.push_back({{"SpecialToken", {{"id", name}, {"type_id", type}}}});
            names[name] = {
                {"id", name}, {"ids", Json::array({id})}, {"tokens", Json::array({name})}};
        }
    };
    const auto text = [](Json& list, std::string_view id, int type) {
        list.push_back({{"Sequence", {{"id", id}, {"type_id", type}}}});
    };
    add(single, vocabulary.begins, 0);
    text(single, "A", 0);
    add(single, vocabulary.ends, 0);
    pair = single;
    add(pair, vocabulary.begins, 1);
    text(pair, "B", 1);
    add(pair, vocabulary.ends, 1);
    return {{"type", "TemplateProcessing"},
            {"single", single},
            {"pair", pair},
            {"special_tokens", names}};
}

Json decoder_json(const Vocabulary& vocabulary) {
    if (vocabulary.alphabet == Alphabet::bytes) return byte_level(true, true);
    std::vector<Json> steps = {string_replace(kSpaceMark, " ")};
    if (vocabulary.byte_fallback) steps.push_back(Json{{"type", "ByteFallback"}});
    steps.push_back(Json{{"type", "Fuse"}});
    if (vocabulary.strips_space)
        steps.push_back(Json{{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    return in_sequence("decoders", steps);
}

// Hugging Face's library numbers added tokens by their order, from the count of the others on.
// Those whose ids are these stand alone; any other must stand in the vocabulary, too.
int first_alone(const Vocabulary& vocabulary, const std::vector<bool>& added) {
    int first = static_cast<int>(vocabulary.tokens.size());
    while (first > 0 && added[static_cast<size_t>(first - 1)]) --first;
    const auto hole = [](const std::string& token) { return token.empty(); };
    const bool holes =
        std::any_of(vocabulary.tokens.begin(), vocabulary.tokens.begin() + first, hole);
    return holes ? static_cast<int>(vocabulary.tokens.size()) : first;
}

} // namespace

std::string tokenizer_json_text(const Tokenizer& tokenizer) {
    const Vocabulary& v = tokenizer.vocabulary();
    std::vector<bool> added(v.tokens.size());
    for (const AddedToken& token : v.added) added[static_cast<size_t>(token.id)] = true;
    const int alone = first_alone(v, added);
    const auto written = [&](int id) {
        const std::string& text = v.tokens[static_cast<size_t>(id)];
        const bool bytes = v.alphabet == Alphabet::bytes && !added[static_cast<size_t>(id)];
        return bytes ? printable(text) : text;
    };

    std::string out = "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n"
                      "  \"added_tokens\": [";
    std::vector<AddedToken> sorted = v.added;
    std::sort(sorted.begin(), sorted.end(),
              [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
    const char* between = "\n";
    for (const AddedToken& token : sorted) {
        const Json entry = {
            {"id", token.id},          {"content", v.tokens[static_cast<size_t>(token.id)]},
            {"single_word", false},    {"lstrip", token.lstrip},
            {"rstrip", token.rstrip},  {"normalized", token.normalized},
            {"special", token.special}};
        out += fmt::format("{}    {}", between, json_text(entry));
        between = ",\n";
    }
    out += sorted.empty() ? "],\n" : "\n  ],\n";
    out +=
        fmt::format("  \"normalizer\": {},\n  \"pre_tokenizer\": {},\n  \"post_processor\": {},\n"
                    "  \"decoder\": {},\n",
                    json_text(normalizer_json(v)), json_text(pretokenizer_json(v)),
                    json_text(template_json(v)), json_text(decoder_json(v)));
    out += fmt::format("  \"model\": {{\n    \"type\": \"BPE\",\n    \"dropout\": null,\n"
                       "    \"unk_token\": {},\n    \"continuing_subword_prefix\": null,\n"
                       "    \"end_of_word_suffix\": null,\n    \"fuse_unk\": {},\n"
                       "    \"byte_fallback\": {},\n    \"ignore_merges\": {},\n    \"vocab\": {{",
                       v.unknown < 0 ? "null" : json_text(v.tokens[static_cast<size_t>(v.unknown)]),
                       v.fuse_unknown, v.byte_fallback, v.ignore_merges);
    between = "\n";
    for (int id = 0; id < alone; ++id) {
        if (tokenizer.is_hole(id)) continue;
        out += fmt::format("{}      {}: {}", between, json_text(written(id)), id);
        between = ",\n";
    }
    out += "\n    },\n    \"merges\": [";
    const bool pairs = std::any_of(v.merges.begin(), v.merges.end(), [&](const Merge& merge) {
        return written(merge.product).find(' ') != std::string::npos;
    });
    between = "\n";
    for (const Merge& merge : v.merges) {
        const std::string left = written(merge.left), right = written(merge.right);
        const Json entry = pairs ? Json::array({left, right}) : Json(left + ' ' + right);
        out += fmt::format("{}      {}", between, json_text(entry));
        between = ",\n";
    }
    return out + "\n    ]\n  }\n}\n";
}

} // namespace qstar::tokenizer
