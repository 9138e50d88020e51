#include "tokenizer/characters/nfc.h"

#include "tokenizer/characters/nfc_tables.h"
#include "tokenizer/characters/unicode.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <unordered_map>
#include <vector>

namespace qstar::tokenizer {

namespace {

constexpr char32_t kHangul = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTails = 0x11A7;
constexpr char32_t kLeadCount = 19, kVowelCount = 21, kTailCount = 28;
constexpr char32_t kHangulCount = kLeadCount * kVowelCount * kTailCount;

// A composed character's two parts, the second 0 where it stands for one other.
struct Parts {
    char32_t first, second;
};

struct Tables {
    std::unordered_map<char32_t, Parts> parts;
    std::unordered_map<uint64_t, char32_t> whole; // of two parts

    Tables() {
        for (const CodePair& pair : kComposed) {
            parts[pair.code] = {pair.first, pair.second};
            whole[key(pair.first, pair.second)] = pair.code;
        }
        for (const CodePair& pair : kDecomposedOnly) parts[pair.code] = {pair.first, pair.second};
        for (const Single& single : kSingles) parts[single.code] = {single.same, 0};
        for (size_t i = 0; i < std::size(kIdeographs); ++i)
            if (kIdeographs[i]) parts[0xF900 + static_cast<char32_t>(i)] = {kIdeographs[i], 0};
        for (size_t i = 0; i < std::size(kMoreIdeographs); ++i)
            if (kMoreIdeographs[i])
                parts[0x2F800 + static_cast<char32_t>(i)] = {kMoreIdeographs[i], 0};
    }
    static uint64_t key(char32_t first, char32_t second) {
        return static_cast<uint64_t>(first) << 32 | second;
    }
};

const Tables& tables() {
    static const Tables instance;
    return instance;
}

int combining_class(char32_t code) {
    const ClassRange* after = std::upper_bound(
        std::begin(kCombining), std::end(kCombining), code,
        [](char32_t value, const ClassRange& range) { return value < range.first; });
    if (after == std::begin(kCombining) || code > std::prev(after)->last) return 0;
    return std::prev(after)->combining_class;
}

void decompose(char32_t code, std::vector<char32_t>& out) {
    if (code >= kHangul && code < kHangul + kHangulCount) {
        const char32_t at = code - kHangul;
        out.push_back(kLeads + at / (kVowelCount * kTailCount));
        out.push_back(kVowels + at / kTailCount % kVowelCount);
        if (at % kTailCount) out.push_back(kTails + at % kTailCount);
        return;
    }
    const auto found = tables().parts.find(code);
    if (found == tables().parts.end()) {
        out.push_back(code);
        return;
    }
    decompose(found->second.first, out);
    if (found->second.second) decompose(found->second.second, out);
}

// The character that two make; 0: none.
char32_t compose(char32_t first, char32_t second) {
    if (first >= kLeads && first < kLeads + kLeadCount && second >= kVowels &&
        second < kVowels + kVowelCount)
        return kHangul + ((first - kLeads) * kVowelCount + second - kVowels) * kTailCount;
    if (first >= kHangul && first < kHangul + kHangulCount && (first - kHangul) % kTailCount == 0 &&
        second > kTails && second < kTails + kTailCount)
        return first + second - kTails;
    const auto found = tables().whole.find(Tables::key(first, second));
    return found == tables().whole.end() ? 0 : found->second;
}

// Unicode's canonical composition: each mark joins the last starter, unless a character of its
// own class, or a starter, stands between.
void compose_all(std::vector<char32_t>& codes) {
    size_t starter = codes.size(), kept = 0;
    int last = -1; // the class of what stands between the starter and the next character
    for (const char32_t code : codes) {
        const int own = combining_class(code);
        if (starter < kept && last < own) {
            if (const char32_t whole = compose(codes[starter], code)) {
                codes[starter] = whole;
                continue;
            }
        }
        if (own == 0) {
            starter = kept;
            last = -1;
        } else {
            last = own;
        }
        codes[kept++] = code;
    }
    codes.resize(kept);
}

void normalize(std::vector<char32_t>& codes) {
    std::vector<char32_t> parts;
    for (const char32_t code : codes) decompose(code, parts);
    for (size_t begin = 0; begin < parts.size();) { // marks in the order of their classes
        size_t end = begin + 1;
        while (end < parts.size() && combining_class(parts[end]) != 0) ++end;
        const size_t marks = combining_class(parts[begin]) == 0 ? begin + 1 : begin;
        std::stable_sort(
            parts.begin() + static_cast<std::ptrdiff_t>(marks),
            parts.begin() + static_cast<std::ptrdiff_t>(end),
            [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
        begin = end;
    }
    compose_all(parts);
    codes = std::move(parts);
}

} // namespace

std::string nfc(std::string_view text) {
    // All that NFC may change begins at U+0300, whose first byte is 0xCC.
    if (std::none_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) >= 0xCC; }))
        return std::string(text);
    std::string out;
    std::vector<char32_t> codes;
    const auto flush = [&] {
        normalize(codes);
        for (const char32_t code : codes) append_utf8(code, out);
        codes.clear();
    };
    for (size_t at = 0; at < text.size();) {
        const Character c = decode_utf8(text, at);
        if (c.code == kInvalidCode) {
            flush();
            out += text[at];
        } else {
            codes.push_back(c.code);
        }
        at += c.bytes;
    }
    flush();
    return out;
}

} // namespace qstar::tokenizer
