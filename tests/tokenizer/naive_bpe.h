#pragma once
// BPE as one would first write it down, slow and plain: what the tests hold
// train.cpp and bpe.cpp against. Symbols are strings, words vectors of them.

#include "tokenizer/words/pretokenize.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace naive {

using Word = std::vector<std::string>;
using Pair = std::pair<std::string, std::string>;

inline Word bytes_of(std::string_view word) {
    Word symbols;
    for (const char byte : word) symbols.emplace_back(1, byte);
    return symbols;
}

inline Word merged(const Word& word, const Pair& pair) {
    Word out;
    for (size_t i = 0; i < word.size(); ++i) {
        const bool here =
            i + 1 < word.size() && word[i] == pair.first && word[i + 1] == pair.second;
        out.push_back(here ? pair.first + pair.second : word[i]);
        if (here) ++i;
    }
    return out;
}

// The merges of a text: all pairs counted anew before each. std::map goes through
// pairs in ascending order, so the first of the most frequent is the smallest.
inline std::vector<Pair> train(std::string_view text, size_t most) {
    std::vector<Word> words;
    for (const std::string_view word : qstar::tokenizer::pretokenize(text))
        words.push_back(bytes_of(word));
    std::vector<Pair> merges;
    while (merges.size() < most) {
        std::map<Pair, int> counts;
        for (const Word& word : words)
            for (size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
        std::optional<Pair> best;
        for (const auto& [pair, count] : counts)
            if (count >= 2 && (!best || count > counts[*best])) best = pair;
        if (!best) break;
        merges.push_back(*best);
        for (Word& word : words) word = merged(word, *best);
    }
    return merges;
}

// The tokens of a text: every merge in turn, everywhere.
inline Word encode(std::string_view text, const std::vector<Pair>& merges) {
    Word out;
    for (const std::string_view part : qstar::tokenizer::pretokenize(text)) {
        Word word = bytes_of(part);
        for (const Pair& merge : merges) word = merged(word, merge);
        out.insert(out.end(), word.begin(), word.end());
    }
    return out;
}

} // namespace naive
