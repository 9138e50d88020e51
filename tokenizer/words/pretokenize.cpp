#include "tokenizer/words/pretokenize.h"

#include "tokenizer/characters/unicode.h"

#include <algorithm>

namespace qstar::tokenizer {

namespace {

struct Pattern {
    Words words;
    Digits digits;
    std::string_view text;
};

constexpr Pattern kPatterns[] = {
    {Words::gpt2, Digits::single,
     R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
    {Words::gpt2, Digits::runs,
     R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
    {Words::llama3, Digits::threes,
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {Words::llama3, Digits::single,
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

// The length of 's, 't, 're, 've, 'm, 'll or 'd at text[begin], or 0; in capitals, too, if their
// case counts for nothing.
size_t contraction(std::string_view text, size_t begin, bool any_case) {
    if (text[begin] != '\'') return 0;
    // The long s, U+017F, is an s of another case.
    if (any_case && text.substr(begin + 1).starts_with("\xC5\xBF")) return 3;
    char rest[2] = {};
    for (size_t i = 0; i < 2 && begin + 1 + i < text.size(); ++i) {
        const char c = text[begin + 1 + i];
        rest[i] = any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const std::string_view two(rest, 2);
    if (two == "re" || two == "ve" || two == "ll") return 3;
    if (rest[0] != 0 && std::string_view("stmd").find(rest[0]) != two.npos) return 2;
    return 0;
}

// The end of the run of characters of one class that begins at text[begin]; for
// spaces also where its last character begins.
struct Run {
    size_t end, last;
};

Run run_of(std::string_view text, size_t begin, CharClass kind) {
    Run run{begin, begin};
    while (run.end < text.size()) {
        const Character c = decode_utf8(text, run.end);
        if (classify(c.code) != kind) break;
        run.last = run.end;
        run.end += c.bytes;
    }
    return run;
}

bool is_line_feed(char c) { return c == '\r' || c == '\n'; }

CharClass class_at(std::string_view text, size_t at) {
    return classify(decode_utf8(text, at).code);
}

// \s+(?!\S): white space up to the end of the text, or all but its last character, which the
// next word may own; \s+: that character alone.
size_t end_of_spaces(std::string_view text, size_t begin, const Pretokenizer& how) {
    const Run spaces = run_of(text, begin, CharClass::space);
    if (spaces.end == text.size() || spaces.last == begin) return spaces.end;
    // Where digits were cut out before, the text ended at the digit.
    const bool ends_here =
        how.digits == Digits::apart && class_at(text, spaces.end) == CharClass::number;
    return ends_here ? spaces.end : spaces.last;
}

size_t gpt2_end(std::string_view text, size_t begin, const Pretokenizer& how) {
    if (const size_t length = contraction(text, begin, false)) return begin + length;

    const Character first = decode_utf8(text, begin);
    const CharClass kind = classify(first.code);
    const bool alone = how.digits != Digits::runs;
    if (kind == CharClass::number && alone) return begin + first.bytes;
    if (kind != CharClass::space) return run_of(text, begin, kind).end;

    // One plain space belongs to the word after it, but not to a single digit.
    if (first.code == ' ' && begin + 1 < text.size()) {
        const CharClass next = class_at(text, begin + 1);
        if (next != CharClass::space && !(next == CharClass::number && alone))
            return run_of(text, begin + 1, next).end;
    }
    return end_of_spaces(text, begin, how);
}

size_t llama3_end(std::string_view text, size_t begin, const Pretokenizer& how) {
    if (const size_t length = contraction(text, begin, true)) return begin + length;

    const Character first = decode_utf8(text, begin);
    const CharClass kind = classify(first.code);
    if (kind == CharClass::letter) return run_of(text, begin, kind).end;
    size_t next = begin + first.bytes;
    if (kind == CharClass::number) {
        for (int i = how.digits == Digits::threes ? 2 : 0; i > 0 && next < text.size(); --i) {
            const Character c = decode_utf8(text, next);
            if (classify(c.code) != kind) break;
            next += c.bytes;
        }
        return next;
    }
    // Any one mark or space belongs to the letters after it, a plain space to the marks.
    const bool feed = is_line_feed(text[begin]);
    if (!feed && next < text.size() && class_at(text, next) == CharClass::letter)
        return run_of(text, next, CharClass::letter).end;
    const bool spaced = first.code == ' ' && next < text.size();
    if (kind == CharClass::other || (spaced && class_at(text, next) == CharClass::other)) {
        const size_t marks = kind == CharClass::other ? begin : next;
        size_t end = run_of(text, marks, CharClass::other).end;
        while (end < text.size() && is_line_feed(text[end])) ++end;
        return end;
    }
    // \s*[\r\n]+: white space up to its last line feed.
    const size_t spaces = run_of(text, begin, CharClass::space).end;
    for (size_t end = spaces; end > begin; --end)
        if (is_line_feed(text[end - 1])) return end;
    return end_of_spaces(text, begin, how);
}

} // namespace

std::string_view name_of(Digits digits) {
    switch (digits) {
    case Digits::single:
        return "single";
    case Digits::runs:
        return "runs";
    case Digits::threes:
        return "threes";
    case Digits::apart:
        break;
    }
    return "apart";
}

std::string_view name_of(Words words) {
    switch (words) {
    case Words::gpt2:
        return "gpt2";
    case Words::llama3:
        return "llama3";
    case Words::whole:
        return "whole";
    case Words::marks:
        break;
    }
    return "marks";
}

std::string_view name_of(Prefix prefix) {
    return prefix == Prefix::none ? "none" : prefix == Prefix::first ? "first" : "every";
}

std::optional<Digits> digits_named(std::string_view name) {
    for (const Digits digits : {Digits::single, Digits::runs})
        if (name == name_of(digits)) return digits;
    return std::nullopt;
}

std::string_view pattern_of(const Pretokenizer& how) {
    for (const Pattern& pattern : kPatterns)
        if (pattern.words == how.words && pattern.digits == how.digits) return pattern.text;
    return "";
}

std::optional<Pretokenizer> pretokenizer_of_pattern(std::string_view text) {
    for (const Pattern& pattern : kPatterns)
        if (pattern.text == text) return Pretokenizer{pattern.digits, pattern.words};
    return std::nullopt;
}

size_t pretoken_end(std::string_view text, size_t begin, const Pretokenizer& how) {
    switch (how.words) {
    case Words::gpt2:
        return gpt2_end(text, begin, how);
    case Words::llama3:
        return llama3_end(text, begin, how);
    case Words::whole:
        return text.size();
    case Words::marks:
        break;
    }
    return std::min(text.find(kSpaceMark, begin + 1), text.size());
}

std::vector<std::string_view> pretokenize(std::string_view text, const Pretokenizer& how) {
    std::vector<std::string_view> words;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = pretoken_end(text, begin, how);
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

} // namespace qstar::tokenizer
