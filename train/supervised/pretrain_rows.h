#pragma once
// What pre-training reads: rows of T + 1 tokens, of which each one but the first is to be told from
// those before it.

#include "tokenizer/bpe.h"
#include "train/data/packed_sequences.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

// A batch is B rows of T + 1 tokens, one after another.
using RowBatch = std::vector<int>;

// Where the rows come from: the class's worksheets, packed, or windows of a text.
struct PretrainSource {
    std::string path;
    Rows rows;             // of the worksheets
    std::vector<int> text; // or the text as one stream; its last 5 % is for validation
    int64_t length = 0;    // T + 1

    bool is_text() const { return !text.empty(); }
    int64_t train_tokens() const { return static_cast<int64_t>(text.size()) * 19 / 20; }
    int64_t rows_per_epoch() const;
};

// The run's worksheets, for rows of the context's length.
PretrainSource open_worksheets(const std::string& run, int64_t context,
                               const tokenizer::Tokenizer& tokenizer);
// A file of text, or these fields of its objects. Error if it is too short.
PretrainSource open_text(const std::string& file, const std::vector<std::string>& fields,
                         int64_t context, const tokenizer::Tokenizer& tokenizer);

// The batch of a step, a pure function of (seed, step).
struct PretrainBatches {
    const PretrainSource& source;
    uint64_t seed;
    int64_t batch;
    int64_t per_epoch; // rows
    int64_t epoch = -1;
    std::vector<int64_t> order = {}; // of that epoch's rows

    RowBatch at(int64_t step);

    std::span<const int> window(int64_t i) const;
    std::span<const int> worksheet_row(int64_t i);
};

// Rows that are never trained on, `limit` at most, in batches.
std::vector<RowBatch> validation_batches(const PretrainSource& source, int64_t limit,
                                         int64_t batch);

} // namespace qstar::train
