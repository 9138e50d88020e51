#include "tokenizer/words/merges.h"

#include "engine/base/error.h"
#include "tokenizer/characters/bytes.h"

#include <functional>
#include <queue>
#include <string>
#include <utility>

namespace qstar::tokenizer {

namespace {

uint64_t pair_key(int left, int right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

} // namespace

Merges::Merges(const Vocabulary& vocabulary) : merges_(vocabulary.merges) {
    const auto shown = [&](int id) {
        const std::string& text = text_of(vocabulary, id);
        return vocabulary.alphabet == Alphabet::bytes ? printable(text) : text;
    };
    ranks_.reserve(merges_.size());
    for (size_t i = 0; i < merges_.size(); ++i) {
        const auto [left, right, product] = merges_[i];
        if (text_of(vocabulary, left) + text_of(vocabulary, right) != text_of(vocabulary, product))
            fail("merge {} makes '{}' of '{}' and '{}'", i, shown(product), shown(left),
                 shown(right));
        if (!ranks_.emplace(pair_key(left, right), static_cast<int>(i)).second)
            fail("merge {} repeats the pair '{}' and '{}'", i, shown(left), shown(right));
    }
}

int Merges::rank(int left, int right) const {
    const auto found = ranks_.find(pair_key(left, right));
    return found == ranks_.end() ? -1 : found->second;
}

// The symbols are a doubly linked list; a heap gives the pair of the lowest rank, the leftmost
// first.
void Merges::apply(const std::vector<int>& symbols, std::vector<int>& out) const {
    const int64_t n = static_cast<int64_t>(symbols.size());
    struct Node {
        int token; // -1: merged into the node before it
        int64_t previous, next;
    };
    std::vector<Node> nodes(symbols.size());
    const auto node = [&](int64_t i) -> Node& { return nodes[static_cast<size_t>(i)]; };
    for (int64_t i = 0; i < n; ++i) node(i) = {symbols[static_cast<size_t>(i)], i - 1, i + 1};

    using Candidate = std::pair<int, int64_t>; // rank, position of the left token
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> heap;
    const auto consider = [&](int64_t left) {
        if (left < 0 || node(left).next >= n) return;
        const int r = rank(node(left).token, node(node(left).next).token);
        if (r >= 0) heap.emplace(r, left);
    };
    for (int64_t i = 0; i + 1 < n; ++i) consider(i);

    while (!heap.empty()) {
        const auto [r, left] = heap.top();
        heap.pop();
        const Merge& merge = merges_[static_cast<size_t>(r)];
        const int64_t right = node(left).next;
        // Stale where an earlier merge took one of the two tokens.
        if (node(left).token != merge.left || right >= n || node(right).token != merge.right)
            continue;
        node(left).token = merge.product;
        node(left).next = node(right).next;
        if (node(right).next < n) node(node(right).next).previous = left;
        node(right).token = -1;
        consider(node(left).previous);
        consider(left);
    }
    for (int64_t i = 0; i < n; i = node(i).next) out.push_back(node(i).token);
}

} // namespace qstar::tokenizer
