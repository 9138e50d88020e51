#include "engine/text/utf8.h"

#include <cstdint>
#include <fmt/core.h>

namespace qstar {

size_t utf8_size(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](size_t i) {
        return static_cast<uint32_t>(static_cast<uint8_t>(text[i]));
    };
    const uint32_t first = byte(0);
    if (first < 0x80) return 1;
    const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
    uint32_t code = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    return surrogate || overlong || code > 0x10FFFF ? 0 : size;
}

size_t utf8_end(std::string_view text) {
    for (size_t at = 0;;) {
        while (at < text.size() && static_cast<uint8_t>(text[at]) < 0x80) ++at; // most are
        const size_t size = utf8_size(text.substr(at));
        if (size == 0) return at;
        at += size;
    }
}

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const size_t size = utf8_size(text);
        const auto first = static_cast<uint8_t>(text[0]);
        const bool c0 = (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
        const bool c1 = size == 2 && first == 0xC2 && static_cast<uint8_t>(text[1]) < 0xA0;
        const size_t taken = size == 0 ? 1 : size;
        if (size == 0 || c0 || c1)
            for (const char byte : text.substr(0, taken))
                shown += fmt::format("\\x{:02x}", static_cast<uint8_t>(byte));
        else
            shown += text.substr(0, taken);
        text.remove_prefix(taken);
    }
    return shown;
}

} // namespace qstar
