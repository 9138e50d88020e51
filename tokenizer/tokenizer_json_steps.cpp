#include "tokenizer/tokenizer_json_steps.h"

#include "engine/base/error.h"
#include "tokenizer/tokenizer_json_fields.h"
#include "tokenizer/words/pretokenize.h"

#include <optional>
#include <string>

namespace qstar::tokenizer {

namespace {

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
    neutral(step, "replacement", kSpaceMark);
    neutral(step, "str_rep", kSpaceMark);
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

} // namespace

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
            if (string_pattern(step) != kSpaceMark || string_field(step, "content") != " ")
                fail("{}: expected the Replace of \"{}\" by a space", step.where, kSpaceMark);
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
             kSpaceMark);
    if (bytes != vocabulary.byte_fallback)
        fail("{}: decoder: ByteFallback {}, though the model's byte_fallback is {}", root.where,
             bytes ? "is there" : "is missing", vocabulary.byte_fallback);
}

} // namespace qstar::tokenizer
