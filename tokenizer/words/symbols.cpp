#include "tokenizer/words/symbols.h"

#include "engine/base/error.h"
#include "tokenizer/characters/unicode.h"
#include "tokenizer/words/pretokenize.h"

namespace qstar::tokenizer {

namespace {

// The byte that "<0x0A>" names, or -1.
int named_byte(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
    int byte = 0;
    for (const char c : token.substr(3, 2)) {
        const size_t digit = std::string_view("0123456789ABCDEF").find(c);
        if (digit == std::string_view::npos) return -1;
        byte = byte * 16 + static_cast<int>(digit);
    }
    return byte;
}

std::string with_spaces(std::string_view text) {
    std::string out;
    for (size_t begin = 0;;) {
        const size_t at = text.find(kSpaceMark, begin);
        out += text.substr(begin, at - begin);
        if (at == text.npos) return out;
        out += ' ';
        begin = at + kSpaceMark.size();
    }
}

} // namespace

Symbols::Symbols(const Vocabulary& vocabulary, const std::vector<bool>& marks)
    : vocabulary_(vocabulary) {
    byte_ids_.fill(-1);
    std::vector<bool> added(vocabulary.tokens.size());
    for (const AddedToken& token : vocabulary.added) added[static_cast<size_t>(token.id)] = true;
    const bool characters = vocabulary.alphabet == Alphabet::characters;
    if (characters) bytes_ = vocabulary.tokens;
    for (size_t i = 0; i < vocabulary.tokens.size(); ++i) {
        const std::string& text = vocabulary.tokens[i];
        const int id = static_cast<int>(i);
        if (text.empty()) continue;
        if (!characters) {
            int& symbol = byte_ids_[static_cast<uint8_t>(text[0])];
            if (text.size() == 1 && (symbol < 0 || !added[i])) symbol = id;
            continue;
        }
        const int byte = vocabulary.byte_fallback ? named_byte(text) : -1;
        if (byte >= 0) {
            byte_ids_[static_cast<size_t>(byte)] = id;
            bytes_[i] = std::string(1, static_cast<char>(byte));
        } else if (!added[i]) {
            bytes_[i] = with_spaces(text);
        }
        if (const Character c = decode_utf8(text, 0); c.bytes == text.size() && !marks[i])
            character_ids_.emplace(c.code, id);
    }
    if (characters && !vocabulary.byte_fallback) return;
    for (size_t byte = 0; byte < byte_ids_.size(); ++byte)
        if (byte_ids_[byte] < 0) fail("the vocabulary has no token for the byte 0x{:02X}", byte);
}

std::vector<int> Symbols::of(std::string_view word) const {
    std::vector<int> ids;
    ids.reserve(word.size());
    if (vocabulary_.alphabet == Alphabet::bytes) {
        for (const char byte : word) ids.push_back(of_byte(byte));
        return ids;
    }
    bool fuses = false; // the symbol before is an unknown one
    for (size_t at = 0; at < word.size();) {
        const Character c = decode_utf8(word, at);
        const auto found = character_ids_.find(c.code);
        const bool known = c.code != kInvalidCode && found != character_ids_.end();
        const bool unknown = !known && !vocabulary_.byte_fallback;
        if (known) ids.push_back(found->second);
        if (!known && vocabulary_.byte_fallback)
            for (const char byte : word.substr(at, c.bytes)) ids.push_back(of_byte(byte));
        if (unknown && vocabulary_.unknown >= 0 && !(fuses && vocabulary_.fuse_unknown))
            ids.push_back(vocabulary_.unknown);
        fuses = unknown;
        at += c.bytes;
    }
    return ids;
}

} // namespace qstar::tokenizer
