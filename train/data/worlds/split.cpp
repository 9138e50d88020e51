#include "train/data/worlds/split.h"

#include "tokenizer/special.h"
#include "train/data/worlds/teachings.h"

#include <algorithm>

namespace qstar::train {

Split split_of(std::string_view line) {
    static const Teachings worlds;
    for (const auto& teaching : worlds.all())
        if (const std::string key = teaching->split_key(line); !key.empty()) return side_of(key);
    return Split::train;
}

std::vector<std::string> shown_lines(std::string text) {
    for (const std::string_view mark :
         {tokenizer::kEndOfText, tokenizer::kProblem, tokenizer::kStep, tokenizer::kAnswer}) {
        for (size_t at = text.find(mark); at != text.npos; at = text.find(mark, at))
            text.replace(at, mark.size(), "\n");
    }
    std::vector<std::string> lines;
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        if (end > begin) lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

bool any_held_out(std::span<const std::string> texts) {
    for (const std::string& text : texts)
        for (const std::string& line : shown_lines(text))
            if (held_out(line)) return true;
    return false;
}

} // namespace qstar::train
