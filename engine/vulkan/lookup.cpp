// Rows by number: embeddings and chosen rows, and what hands their gradients back.

#include "engine/vulkan/gpu.h"
#include "engine/vulkan/operations.h"

#include <algorithm>
#include <vector>

namespace qstar::engine::vulkan {

namespace {

constexpr int64_t kColumns = 64; // a work group

Groups groups_of(int64_t rows, int64_t width) {
    return {(width + kColumns - 1) / kColumns, std::min<int64_t>(rows, 65535)};
}

// y[r] = table[index[r]] (+ positions[r mod time])
void gather(int64_t rows, int64_t width, const int* index, const float* table, int64_t table_rows,
            const float* positions, int64_t time, float* y) {
    Job job(gpu());
    const struct {
        Address index, table, positions, y;
        int32_t rows, width, time;
        uint32_t with_positions;
    } push = {job.upload(index, rows),
              job.read(table, table_rows * width),
              job.read(positions, positions == nullptr ? 0 : time * width),
              job.write(y, rows * width),
              number(rows),
              number(width),
              number(std::max<int64_t>(1, time)),
              positions != nullptr};
    job.run(shaders::gather, {}, push, groups_of(rows, width));
}

// d[index(r)] += dy[r]. No two work groups share a row of d: the host lists for each row
// whose gradients it gets, in order, so that the sum is the same each time.
template <class Index>
void scatter(int64_t rows, int64_t width, Index index, const float* dy, Slot d, int64_t d_rows) {
    if (!d.data) return;
    if (d.fresh) fill(d_rows * width, 0, d.data);
    std::vector<int> begin(static_cast<size_t>(d_rows) + 1, 0); // of each row's list
    for (int64_t r = 0; r < rows; ++r) ++begin[static_cast<size_t>(index(r)) + 1];
    std::vector<int> targets, first; // of the rows that get anything
    for (size_t i = 0; i + 1 < begin.size(); ++i) {
        if (begin[i + 1] > 0) {
            targets.push_back(static_cast<int>(i));
            first.push_back(begin[i]);
        }
        begin[i + 1] += begin[i];
    }
    first.push_back(static_cast<int>(rows));
    std::vector<int> order(static_cast<size_t>(rows));
    for (int64_t r = 0; r < rows; ++r) {
        order[static_cast<size_t>(begin[static_cast<size_t>(index(r))]++)] = static_cast<int>(r);
    }

    Job job(gpu());
    const auto lists = static_cast<int64_t>(targets.size());
    const struct {
        Address targets, first, order, dy, d;
        int32_t lists, width;
    } push = {job.upload(targets.data(), lists),
              job.upload(first.data(), lists + 1),
              job.upload(order.data(), rows),
              job.read(dy, rows * width),
              job.write(d.data, d_rows * width),
              number(lists),
              number(width)};
    job.run(shaders::scatter, {}, push, groups_of(lists, width));
}

} // namespace

void embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
               const float* positions, int64_t time, float* y) {
    const int64_t table_rows = rows == 0 ? 0 : *std::max_element(tokens, tokens + rows) + 1;
    gather(rows, width, tokens, table, table_rows, positions, time, y);
}

void embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time, const float* dy,
                    Slot table, int64_t table_rows, Slot positions, int64_t position_rows) {
    scatter(
        rows, width, [=](int64_t r) { return tokens[r]; }, dy, table, table_rows);
    scatter(
        rows, width, [=](int64_t r) { return static_cast<int>(r % time); }, dy, positions,
        position_rows);
}

void gather_rows(int64_t count, int64_t width, const int* rows, const float* x, float* y) {
    const int64_t x_rows = count == 0 ? 0 : *std::max_element(rows, rows + count) + 1;
    gather(count, width, rows, x, x_rows, nullptr, 1, y);
}

void gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy, Slot d,
                      int64_t d_rows) {
    scatter(
        count, width, [=](int64_t i) { return rows[i]; }, dy, d, d_rows);
}

} // namespace qstar::engine::vulkan
