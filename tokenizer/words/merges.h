#pragma once
// Byte-pair encoding of one word: as long as any merge applies, the neighbouring pair whose merge
// was learned first becomes one token, the leftmost such pair first (Sennrich et al. 2016).

#include "tokenizer/words/vocabulary.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace qstar::tokenizer {

class Merges {
  public:
    // Error where two have the same pair, or a product is not the text of its two tokens.
    explicit Merges(const Vocabulary& vocabulary);

    // Appends what becomes of the symbols. O(n log n), so a megabyte without a space is no harm.
    void apply(const std::vector<int>& symbols, std::vector<int>& out) const;

  private:
    int rank(int left, int right) const; // of the merge of this pair, or -1

    const std::vector<Merge>& merges_;
    std::unordered_map<uint64_t, int> ranks_; // of a pair of ids
};

} // namespace qstar::tokenizer
