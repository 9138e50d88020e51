#pragma once
// Rows: worksheets packed into pieces of T + 1 tokens, the unit of pre-training.
//
// Each row begins where a worksheet begins, so that every item is seen from its start,
// and is filled with the worksheets that follow; the last one is cut and its rest left
// out. Target t of a row is its token t + 1.

#include "tokenizer/bpe.h"
#include "train/data/corpus.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qstar::train {

struct Rows {
    int64_t length = 0;      // T + 1
    int64_t warm = 0;        // the first rows, of the curriculum part
    std::vector<int> tokens; // (count, length)

    int64_t count() const { return static_cast<int64_t>(tokens.size()) / length; }
    std::span<const int> row(int64_t i) const {
        return {tokens.data() + i * length, static_cast<size_t>(length)};
    }
};

// What is left at the end and does not fill a row is left out.
Rows pack_sequences(std::span<const Worksheet> worksheets, const tokenizer::Tokenizer& tokenizer,
                    int64_t time);

// Is this row kept for validation? One of twenty, none of the warm part.
bool validation_row(const Rows& rows, int64_t i);

// The training rows in the order of an epoch: in the first the warm ones as they
// stand and then the others shuffled; in later ones all shuffled.
std::vector<int64_t> row_order(const Rows& rows, uint64_t seed, int64_t epoch);

} // namespace qstar::train
