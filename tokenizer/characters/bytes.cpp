#include "tokenizer/characters/bytes.h"

#include "tokenizer/characters/unicode.h"

namespace qstar::tokenizer {

namespace {

constexpr int kFirstOfRest = 188; // this many bytes stand for themselves

bool stands_for_itself(int byte) {
    return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

struct ByteAlphabet {
    std::array<uint8_t, 256> order{};
    std::array<char32_t, 256> character{}; // of a byte
    std::array<int, 512> byte{};           // of a character, or -1

    ByteAlphabet() {
        byte.fill(-1);
        int self = 0, rest = 0;
        for (int b = 0; b < 256; ++b) {
            const bool itself = stands_for_itself(b);
            const int id = itself ? self++ : kFirstOfRest + rest;
            const int code = itself ? b : 0x100 + rest++;
            order[static_cast<size_t>(id)] = static_cast<uint8_t>(b);
            character[static_cast<size_t>(b)] = static_cast<char32_t>(code);
            byte[static_cast<size_t>(code)] = b;
        }
    }
};

const ByteAlphabet& alphabet() {
    static const ByteAlphabet instance;
    return instance;
}

} // namespace

const std::array<uint8_t, 256>& byte_order() { return alphabet().order; }

std::string printable(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        // All characters of the alphabet are below U+0800: one or two bytes.
        const char32_t code = alphabet().character[static_cast<uint8_t>(c)];
        if (code < 0x80) {
            out += static_cast<char>(code);
        } else {
            out += static_cast<char>(0xC0 | (code >> 6));
            out += static_cast<char>(0x80 | (code & 0x3F));
        }
    }
    return out;
}

std::optional<std::string> from_printable(std::string_view text) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const Character c = decode_utf8(text, at);
        if (c.code >= alphabet().byte.size() || alphabet().byte[c.code] < 0) return std::nullopt;
        out += static_cast<char>(alphabet().byte[c.code]);
        at += c.bytes;
    }
    return out;
}

} // namespace qstar::tokenizer
