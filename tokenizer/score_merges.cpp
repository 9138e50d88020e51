#include "tokenizer/score_merges.h"

#include "engine/base/error.h"
#include "tokenizer/characters/unicode.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace qstar::tokenizer {

namespace {
constexpr size_t kLongestPiece = 512; // bytes of a token that is split in all ways
} // namespace

std::vector<Merge> merges_by_score(std::span<const ScoredToken> tokens) {
    std::unordered_map<std::string_view, int> ids;
    for (size_t id = 0; id < tokens.size(); ++id)
        if (tokens[id].joins) ids.emplace(tokens[id].text, static_cast<int>(id));
    struct Ranked {
        float score;
        Merge merge;
    };
    std::vector<Ranked> all;
    for (size_t id = 0; id < tokens.size(); ++id) {
        const std::string_view text = tokens[id].text;
        const auto own = ids.find(text);
        if (own == ids.end() || own->second != static_cast<int>(id)) continue;
        if (text.size() > kLongestPiece)
            fail("tokenizer.ggml.tokens[{}]: expected at most {} bytes, found {}", id,
                 kLongestPiece, text.size());
        for (size_t at = decode_utf8(text, 0).bytes; at < text.size();
             at += decode_utf8(text, at).bytes) {
            const auto left = ids.find(text.substr(0, at)), right = ids.find(text.substr(at));
            if (left == ids.end() || right == ids.end()) continue;
            all.push_back({tokens[id].score, {left->second, right->second, static_cast<int>(id)}});
        }
    }
    // Of one token in the order of Hugging Face's converter, by the ids of its parts.
    std::stable_sort(all.begin(), all.end(), [](const Ranked& a, const Ranked& b) {
        if (a.score != b.score) return a.score > b.score;
        if (a.merge.product != b.merge.product) return a.merge.product < b.merge.product;
        if (a.merge.left != b.merge.left) return a.merge.left < b.merge.left;
        return a.merge.right < b.merge.right;
    });
    std::vector<Merge> merges;
    merges.reserve(all.size());
    for (const Ranked& each : all) merges.push_back(each.merge);
    return merges;
}

} // namespace qstar::tokenizer
