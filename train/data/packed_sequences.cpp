#include "train/data/packed_sequences.h"

#include "engine/base/error.h"
#include "train/run/batches.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::train {

Rows pack_sequences(std::span<const Worksheet> worksheets, const tokenizer::Tokenizer& tokenizer,
                    int64_t time) {
    Rows rows;
    rows.length = time + 1;
    std::vector<int> row;
    bool row_is_warm = false;
    for (const Worksheet& worksheet : worksheets) {
        if (row.empty()) row_is_warm = worksheet.warm;
        const std::vector<int> tokens = tokenizer.encode(worksheet.text);
        row.insert(row.end(), tokens.begin(), tokens.end());
        if (static_cast<int64_t>(row.size()) < rows.length) continue;
        rows.tokens.insert(rows.tokens.end(), row.begin(), row.begin() + rows.length);
        if (row_is_warm) rows.warm = rows.count();
        row.clear();
    }
    if (rows.count() == 0)
        fail("the worksheets do not fill one row of {} tokens: make a larger corpus", rows.length);
    return rows;
}

bool validation_row(const Rows& rows, int64_t i) { return i >= rows.warm && i % 20 == 19; }

std::vector<int64_t> row_order(const Rows& rows, uint64_t seed, int64_t epoch) {
    std::vector<int64_t> order;
    for (int64_t i = 0; i < rows.count(); ++i)
        if (!validation_row(rows, i)) order.push_back(i);
    const int64_t fixed = epoch == 0 ? rows.warm : 0;
    shuffle(std::span(order).subspan(static_cast<size_t>(fixed)),
            Random(seed, fmt::format("pretrain/rows/{}", epoch)));
    return order;
}

} // namespace qstar::train
