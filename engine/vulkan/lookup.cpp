// Rows by number: embeddings and chosen rows, and what hands their gradients back.

#include "engine/device/lists.h"
#include "engine/vulkan/vulkan_device.h"

#include <algorithm>
#include <vector>

namespace qstar::engine::vulkan {

namespace {

constexpr int64_t kColumns = 64; // a work group

Groups groups_of(int64_t rows, int64_t width) {
    return {(width + kColumns - 1) / kColumns, std::min<int64_t>(rows, 65535)};
}

// y[r] = table[index[r]] (+ positions[r mod time])
void gather(Gpu& gpu, int64_t rows, int64_t width, const int* index, const float* table,
            int64_t table_rows, const float* positions, int64_t time, float* y) {
    Operation operation(gpu);
    const struct {
        Address index, table, positions, y;
        int32_t rows, width, time;
        uint32_t with_positions;
    } push = {operation.upload(index, rows),
              operation.read(table, table_rows * width),
              operation.read(positions, positions == nullptr ? 0 : time * width),
              operation.write(y, rows * width),
              number(rows),
              number(width),
              number(std::max<int64_t>(1, time)),
              positions != nullptr};
    operation.run(shaders::gather, {}, push, groups_of(rows, width));
}

// d[index(r)] += dy[r]. No two work groups share a row of d: the host lists for each row
// whose gradients it gets, in order, so that the sum is the same each time.
template <class Index>
void scatter(const Device& device, int64_t rows, int64_t width, Index index, const float* dy,
             GradTarget d, int64_t d_rows) {
    if (!d.data) return;
    const Lists lists = lists_of(d_rows, rows, index);
    device.sum_lists(d_rows, width, lists.first.data(), lists.order.data(), dy, rows, d);
}

} // namespace

void VulkanDevice::sum_lists(int64_t lists, int64_t width, const int* first, const int* order,
                             const float* x, int64_t x_rows, GradTarget y) const {
    if (y.fresh) fill(lists * width, 0, y.data);
    std::vector<int> targets, begin; // of the lists that are not empty
    for (int64_t i = 0; i < lists; ++i) {
        if (first[i + 1] == first[i]) continue;
        targets.push_back(static_cast<int>(i));
        begin.push_back(first[i]);
    }
    begin.push_back(first[lists]);
    Operation operation(*gpu_);
    const auto count = static_cast<int64_t>(targets.size());
    const struct {
        Address targets, first, order, x, y;
        int32_t lists, width;
    } push = {operation.upload(targets.data(), count),
              operation.upload(begin.data(), count + 1),
              operation.upload(order, first[lists]),
              operation.read(x, x_rows * width),
              operation.write(y.data, lists * width),
              number(count),
              number(width)};
    operation.run(shaders::sum_lists, {}, push, groups_of(count, width));
}

void VulkanDevice::embedding(int64_t rows, int64_t width, const int* tokens, const float* table,
                             const float* positions, int64_t time, float* y) const {
    const int64_t table_rows = rows == 0 ? 0 : *std::max_element(tokens, tokens + rows) + 1;
    gather(*gpu_, rows, width, tokens, table, table_rows, positions, time, y);
}

void VulkanDevice::embedding_grad(int64_t rows, int64_t width, const int* tokens, int64_t time,
                                  const float* dy, GradTarget table, int64_t table_rows,
                                  GradTarget positions, int64_t position_rows) const {
    scatter(
        *this, rows, width, [=](int64_t r) { return tokens[r]; }, dy, table, table_rows);
    scatter(
        *this, rows, width, [=](int64_t r) { return static_cast<int>(r % time); }, dy, positions,
        position_rows);
}

void VulkanDevice::gather_rows(int64_t count, int64_t width, const int* rows, const float* x,
                               float* y) const {
    const int64_t x_rows = count == 0 ? 0 : *std::max_element(rows, rows + count) + 1;
    gather(*gpu_, count, width, rows, x, x_rows, nullptr, 1, y);
}

void VulkanDevice::gather_rows_grad(int64_t count, int64_t width, const int* rows, const float* dy,
                                    GradTarget d, int64_t d_rows) const {
    scatter(
        *this, count, width, [=](int64_t i) { return rows[i]; }, dy, d, d_rows);
}

} // namespace qstar::engine::vulkan
