#include "tokenizer/pretokenize.h"

#include "tokenizer/unicode.h"

namespace qstar::tokenizer {

namespace {

// The length of 's, 't, 're, 've, 'm, 'll or 'd at text[begin], or 0.
size_t contraction(std::string_view text, size_t begin) {
    if (text[begin] != '\'') return 0;
    const std::string_view rest = text.substr(begin + 1, 2);
    if (rest == "re" || rest == "ve" || rest == "ll") return 3;
    if (!rest.empty() && std::string_view("stmd").find(rest[0]) != rest.npos) return 2;
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

} // namespace

std::string_view name_of(Digits digits) { return digits == Digits::single ? "single" : "runs"; }

std::optional<Digits> digits_named(std::string_view name) {
    for (const Digits digits : {Digits::single, Digits::runs})
        if (name == name_of(digits)) return digits;
    return std::nullopt;
}

size_t pretoken_end(std::string_view text, size_t begin, const Pretokenizer& how) {
    if (const size_t length = contraction(text, begin)) return begin + length;

    const Character first = decode_utf8(text, begin);
    const CharClass kind = classify(first.code);
    const bool single_digits = how.digits == Digits::single;
    if (kind == CharClass::number && single_digits) return begin + first.bytes;
    if (kind != CharClass::space) return run_of(text, begin, kind).end;

    // One plain space belongs to the word after it, but not to a single digit.
    if (first.code == ' ' && begin + 1 < text.size()) {
        const CharClass next = classify(decode_utf8(text, begin + 1).code);
        if (next != CharClass::space && !(next == CharClass::number && single_digits))
            return run_of(text, begin + 1, next).end;
    }
    // \s+(?!\S): white space up to the end of the text, or all but its last
    // character, which the next word may own; \s+: that character alone.
    const Run spaces = run_of(text, begin, CharClass::space);
    const bool gives_back = spaces.end < text.size() && spaces.last > begin;
    return gives_back ? spaces.last : spaces.end;
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
