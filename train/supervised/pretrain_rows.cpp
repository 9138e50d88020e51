#include "train/supervised/pretrain_rows.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tokenizer/special.h"
#include "tokenizer/text.h"
#include "train/run/batches.h"
#include "train/run/run.h"

namespace qstar::train {

int64_t PretrainSource::rows_per_epoch() const {
    if (is_text()) return train_tokens() / (length - 1);
    int64_t count = 0;
    for (int64_t i = 0; i < rows.count(); ++i) count += !validation_row(rows, i);
    return count;
}

PretrainSource open_worksheets(const std::string& run, int64_t context,
                               const tokenizer::Tokenizer& tokenizer) {
    PretrainSource source;
    source.length = context + 1;
    source.path = stage_file(run, "corpus", "worksheets.jsonl");
    require(run, "corpus", source.path);
    source.rows = pack_sequences(read_worksheets(source.path), tokenizer, context);
    return source;
}

PretrainSource open_text(const std::string& file, const std::vector<std::string>& fields,
                         int64_t context, const tokenizer::Tokenizer& tokenizer) {
    PretrainSource source;
    source.length = context + 1;
    source.path = file;
    const int end = tokenizer.special(tokenizer::kEndOfText);
    for (const std::string& document : tokenizer::read_documents(file, fields)) {
        source.text.push_back(end);
        const auto tokens = tokenizer.encode(document, tokenizer::Specials::as_text);
        source.text.insert(source.text.end(), tokens.begin(), tokens.end());
    }
    if (source.train_tokens() <= source.length ||
        static_cast<int64_t>(source.text.size()) - source.train_tokens() < source.length)
        fail("{}: {} tokens are too few for rows of {}", file, source.text.size(), source.length);
    return source;
}

RowBatch PretrainBatches::at(int64_t step) {
    RowBatch out;
    for (int64_t i = step * batch; i < (step + 1) * batch; ++i) {
        const std::span<const int> row = source.is_text() ? window(i) : worksheet_row(i);
        out.insert(out.end(), row.begin(), row.end());
    }
    return out;
}

std::span<const int> PretrainBatches::window(int64_t i) const {
    Random random(seed, "pretrain/windows");
    random.counter = static_cast<uint64_t>(i) * 4;
    const auto starts = static_cast<uint64_t>(source.train_tokens() - source.length);
    return {source.text.data() + random.below(starts), static_cast<size_t>(source.length)};
}

std::span<const int> PretrainBatches::worksheet_row(int64_t i) {
    if (i / per_epoch != epoch) {
        epoch = i / per_epoch;
        order = row_order(source.rows, seed, epoch);
    }
    return source.rows.row(order[static_cast<size_t>(i % per_epoch)]);
}

std::vector<RowBatch> validation_batches(const PretrainSource& source, int64_t limit,
                                         int64_t batch) {
    std::vector<RowBatch> batches;
    int64_t used = 0;
    const auto add = [&](std::span<const int> row) {
        if (used++ % batch == 0) batches.emplace_back();
        batches.back().insert(batches.back().end(), row.begin(), row.end());
    };
    if (source.is_text()) {
        int64_t begin = source.train_tokens();
        for (; begin + source.length <= static_cast<int64_t>(source.text.size()) && used < limit;
             begin += source.length - 1)
            add({source.text.data() + begin, static_cast<size_t>(source.length)});
    } else {
        for (int64_t i = 0; i < source.rows.count() && used < limit; ++i)
            if (validation_row(source.rows, i)) add(source.rows.row(i));
    }
    return batches;
}

} // namespace qstar::train
