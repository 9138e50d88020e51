#include "tokenizer/words/segments.h"

#include "tokenizer/characters/nfc.h"
#include "tokenizer/characters/unicode.h"

#include <algorithm>
#include <cstdint>

namespace qstar::tokenizer {

namespace {

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    for (size_t begin = 0;;) {
        const size_t at = text.find(from, begin);
        out += text.substr(begin, at - begin);
        if (at == text.npos) return out;
        out += to;
        begin = at + from.size();
    }
}

// Where the white space that a text ends with begins, and where the one that it begins with ends.
size_t spaces_before_end(std::string_view text) {
    size_t begin = 0;
    for (size_t at = 0; at < text.size();) {
        const Character c = decode_utf8(text, at);
        at += c.bytes;
        if (classify(c.code) != CharClass::space) begin = at;
    }
    return begin;
}

size_t spaces_after_begin(std::string_view text) {
    size_t at = 0;
    while (at < text.size()) {
        const Character c = decode_utf8(text, at);
        if (classify(c.code) != CharClass::space) break;
        at += c.bytes;
    }
    return at;
}

} // namespace

void Segments::Names::add(Name name) {
    any = true;
    any_text = any_text || !name.token.special;
    std::vector<Name>& names = by_byte[static_cast<uint8_t>(name.text[0])];
    const auto shorter = std::find_if(names.begin(), names.end(), [&](const Name& other) {
        return other.text.size() < name.text.size();
    });
    names.insert(shorter, std::move(name));
}

const Segments::Name* Segments::Names::at(std::string_view text, bool as_text) const {
    for (const Name& name : by_byte[static_cast<uint8_t>(text[0])])
        if (!(as_text && name.token.special) && text.starts_with(name.text)) return &name;
    return nullptr;
}

void Segments::Names::cut(std::string_view text, bool as_text, bool first,
                          const std::function<void(const Segment&)>& take) const {
    size_t begin = 0;
    const bool none = as_text ? !any_text : !any;
    for (size_t at = none ? text.size() : 0; at < text.size();) {
        const Name* name = this->at(text.substr(at), as_text);
        if (!name) {
            ++at;
            continue;
        }
        std::string_view before = text.substr(begin, at - begin);
        if (name->token.lstrip) before = before.substr(0, spaces_before_end(before));
        if (!before.empty()) take({before, -1, first && begin == 0});
        at += name->text.size();
        if (name->token.rstrip) at += spaces_after_begin(text.substr(at));
        take({name->text, name->token.id});
        begin = at;
    }
    if (begin < text.size()) take({text.substr(begin), -1, first && begin == 0});
}

Segments::Segments(const Vocabulary& vocabulary) : steps_(vocabulary.normalizer) {
    for (const AddedToken& token : vocabulary.added) {
        const std::string& text = vocabulary.tokens[static_cast<size_t>(token.id)];
        if (!token.normalized)
            plain_.add({text, token});
        else if (std::string changed = normalized(text, true); !changed.empty())
            normalized_.add({std::move(changed), token});
    }
}

std::string Segments::normalized(std::string_view text, bool prepends) const {
    std::string out(text);
    for (const NormalizerStep& step : steps_) {
        switch (step.kind) {
        case NormalizerStep::nfc:
            out = nfc(out);
            break;
        case NormalizerStep::prepend:
            if (prepends && !out.empty()) out.insert(0, step.to);
            break;
        case NormalizerStep::replace:
            out = replaced(out, step.from, step.to);
        }
    }
    return out;
}

void Segments::cut(std::string_view text, bool as_text, bool begins,
                   const std::function<void(const Segment&)>& take) const {
    plain_.cut(text, as_text, true, [&](const Segment& part) {
        if (part.token >= 0) return take(part);
        if (steps_.empty()) return normalized_.cut(part.text, as_text, part.first, take);
        const std::string changed = normalized(part.text, begins || !part.first);
        normalized_.cut(changed, as_text, part.first, take);
    });
}

} // namespace qstar::tokenizer
