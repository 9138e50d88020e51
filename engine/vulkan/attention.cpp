// Causal attention: one shader forward, three backward. See device/attention.h for the
// formulas.

#include "engine/vulkan/vulkan_device.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine::vulkan {

namespace {

constexpr int64_t kTile = 64; // queries or keys of a work group

// How the shaders are to be called for heads of one size.
struct Cut {
    int64_t lines, size;
    uint32_t per; // columns of a result to an invocation
    uint32_t whole, unroll;
    Groups groups;
    float factor;

    // A line is a head of one sequence: of queries, or of the keys that a group of them shares.
    Cut(Attention s, int64_t heads, bool unrolls)
        : lines(s.batch * heads), size(s.size), per(size <= 16   ? 1
                                                    : size <= 32 ? 2
                                                                 : 4),
          whole(size % 4 == 0),
          unroll(unrolls), groups{divided_up(s.time, kTile), std::min<int64_t>(lines, 65535),
                                  divided_up(size, 16 * per)},
          factor(1.0f / std::sqrt(static_cast<float>(size))) {}
};

} // namespace

void VulkanDevice::attention(const float* qkv, float* out, float* lse, Attention s) const {
    const Cut cut(s, s.heads, gpu_->unrolls());
    const int64_t rows = s.rows();
    Operation operation(*gpu_);
    const struct {
        Address qkv, out, lse;
        int32_t lines, time, heads, kv_heads, size;
        float factor;
    } push = {operation.read(qkv, rows * s.qkv_width()),
              operation.write(out, rows * s.width()),
              operation.write(lse, cut.lines * s.time),
              number(cut.lines),
              number(s.time),
              number(s.heads),
              number(s.kv_heads),
              number(cut.size),
              cut.factor};
    number(rows * s.qkv_width());
    operation.run(shaders::attention, {cut.per, cut.whole, cut.unroll}, push, cut.groups);
}

void VulkanDevice::attention_grad(const float* qkv, const float* out, const float* lse,
                                  const float* dout, GradTarget d, Attention s) const {
    if (!d.data) return;
    const Cut queries(s, s.heads, gpu_->unrolls()), keys(s, s.kv_heads, gpu_->unrolls());
    const int64_t rows = s.rows(), lse_size = queries.lines * s.time;
    Operation operation(*gpu_);
    float* const centre = operation.scratch(lse_size);
    const struct {
        Address out, dout, centre;
        int32_t n, time, heads, size;
    } centres = {operation.read(out, rows * s.width()),
                 operation.read(dout, rows * s.width()),
                 operation.write(centre, lse_size),
                 number(lse_size),
                 number(s.time),
                 number(s.heads),
                 number(s.size)};
    operation.run(shaders::attention_centre, {}, centres, groups_for(lse_size, 128));

    const auto run = [&](const Spirv& shader, const Cut& cut) {
        const struct {
            Address qkv, lse, centre, dout, d;
            int32_t lines, time, heads, kv_heads, size;
            float factor;
            uint32_t fresh;
        } push = {operation.read(qkv, rows * s.qkv_width()),
                  operation.read(lse, lse_size),
                  operation.read(centre, lse_size),
                  operation.read(dout, rows * s.width()),
                  operation.write(d.data, rows * s.qkv_width()),
                  number(cut.lines),
                  number(s.time),
                  number(s.heads),
                  number(s.kv_heads),
                  number(cut.size),
                  cut.factor,
                  d.fresh};
        operation.run(shader, {cut.per, cut.whole, cut.unroll}, push, cut.groups);
    };
    run(shaders::attention_grad_queries, queries);
    run(shaders::attention_grad_keys, keys);
}

} // namespace qstar::engine::vulkan
