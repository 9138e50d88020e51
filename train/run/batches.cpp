#include "train/run/batches.h"

#include <algorithm>
#include <fmt/core.h>
#include <numeric>
#include <string>

namespace qstar::train {

Batch make_batch(std::span<const Example> examples, std::span<const int64_t> chosen) {
    Batch batch;
    batch.rows = static_cast<int64_t>(chosen.size());
    for (const int64_t i : chosen)
        batch.time = std::max(batch.time,
                              static_cast<int64_t>(examples[static_cast<size_t>(i)].inputs.size()));
    const auto size = static_cast<size_t>(batch.rows * batch.time);
    batch.inputs.assign(size, 0);
    batch.targets.assign(size, 0);
    batch.labels.assign(size, 0);
    batch.weights.assign(size, 0);
    batch.text_weights.assign(size, 0);
    int64_t offset = 0;
    for (const int64_t i : chosen) {
        const Example& example = examples[static_cast<size_t>(i)];
        std::copy(example.inputs.begin(), example.inputs.end(), batch.inputs.begin() + offset);
        std::copy(example.targets.begin(), example.targets.end(), batch.targets.begin() + offset);
        std::copy(example.labels.begin(), example.labels.end(), batch.labels.begin() + offset);
        std::copy(example.weights.begin(), example.weights.end(), batch.weights.begin() + offset);
        std::copy(example.text_weights.begin(), example.text_weights.end(),
                  batch.text_weights.begin() + offset);
        for (const float weight : example.weights) batch.asked += weight;
        for (const float weight : example.text_weights) batch.text_asked += weight;
        offset += batch.time;
    }
    return batch;
}

Batch rows_of(const Batch& batch, int64_t first, int64_t count) {
    const auto part = [&](const auto& values) {
        const auto begin = values.begin() + first * batch.time;
        return std::vector(begin, begin + count * batch.time);
    };
    Batch rows{count,
               batch.time,
               part(batch.inputs),
               part(batch.targets),
               part(batch.labels),
               part(batch.weights),
               part(batch.text_weights)};
    for (const float weight : rows.weights) rows.asked += weight;
    for (const float weight : rows.text_weights) rows.text_asked += weight;
    return rows;
}

std::vector<std::vector<int64_t>> make_epoch(std::span<const Example> examples, int64_t batch,
                                             uint64_t seed, int64_t epoch) {
    const auto n = static_cast<int64_t>(examples.size());
    std::vector<int64_t> order(examples.size());
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, Random(seed, fmt::format("examples/{}", epoch)));

    std::vector<std::vector<int64_t>> batches;
    for (int64_t begin = 0; begin < n; begin += batch)
        batches.emplace_back(order.begin() + begin, order.begin() + std::min(n, begin + batch));
    return batches;
}

void shuffle(std::span<int64_t> values, Random random) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

bool validation_problem(std::string_view problem) {
    Random random(hash_name(problem), "validation");
    return random.below(20) == 0;
}

} // namespace qstar::train
