// A decoder's operations: products of few rows, the key/value cache, drawn tokens.

#include "engine/vulkan/vulkan_device.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

namespace qstar::engine::vulkan {

namespace {

// What the shaders of pages.glsl are told. `memory`: where the pages begin.
struct PagedPush {
    Address qkv, out, memory, pages, first, position;
    int32_t rows, heads, kv_heads, size, page_size, keys, values;
    float factor;
};

PagedPush paged(Operation& operation, const PagedRows& p, const float* qkv, Address out,
                Address memory) {
    number(p.size);
    return {operation.read(qkv, p.rows * p.qkv_width()),
            out,
            memory,
            operation.upload(p.pages, p.listed),
            operation.upload(p.first, p.rows),
            operation.upload(p.position, p.rows),
            number(p.rows),
            number(p.heads),
            number(p.kv_heads),
            number(p.head_size),
            number(p.page_size),
            number(p.keys),
            number(p.values),
            1.0f / std::sqrt(static_cast<float>(p.head_size))};
}

} // namespace

void VulkanDevice::rows_product(const Gemm& g) const {
    if (g.m == 0 || g.n == 0) return;
    Operation operation(*gpu_);
    const int64_t b_rows = g.trans_b ? g.n : g.k, b_columns = g.trans_b ? g.k : g.n;
    const bool vectors = whole(g.a, g.k, g.lda) && whole(g.b, b_columns, g.ldb);
    const int64_t c_span = span_of(g.m, g.n, g.ldc);
    const struct {
        Address a, b, c, bias, gelu;
        int32_t m, n, k, lda, ldb, ldc, flags;
    } push = {operation.read(g.a, span_of(g.m, g.k, g.lda)),
              operation.read(g.b, span_of(b_rows, b_columns, g.ldb)),
              operation.write(g.c, c_span),
              operation.read(g.bias, g.bias == nullptr ? 0 : g.n),
              g.gelu == nullptr ? 0 : operation.write(g.gelu, c_span),
              number(g.m),
              number(g.n),
              number(g.k),
              number(g.lda),
              number(g.ldb),
              number(g.ldc),
              (g.accumulate ? 1 : 0) | (g.bias != nullptr ? 2 : 0)};
    number(c_span);
    operation.run(shaders::rows_product, {g.trans_b, vectors, g.gelu != nullptr}, push,
                  {divided_up(g.n, 64), divided_up(g.m, 8)});
}

void VulkanDevice::store_pages(const PagedRows& p, const float* qkv) const {
    Operation operation(*gpu_);
    const PagedPush push = paged(operation, p, qkv, 0, operation.write(p.memory, p.size));
    operation.run(shaders::store_pages, {}, push, groups_for(p.rows * p.kv_width(), 128));
}

void VulkanDevice::attend_pages(const PagedRows& p, const float* qkv, float* out) const {
    Operation operation(*gpu_);
    const Address to = operation.write(out, p.rows * p.width());
    const PagedPush push = paged(operation, p, qkv, to, operation.read(p.memory, p.size));
    operation.run(shaders::attend_pages, {}, push,
                  {p.heads, std::min<int64_t>(p.rows, 65535), divided_up(p.head_size, 128)});
}

void VulkanDevice::copy_pages(int64_t count, const int* from, const int* to, int64_t page_size,
                              float* memory, int64_t size) const {
    if (count == 0) return;
    Operation operation(*gpu_);
    const struct {
        Address memory, from, to;
        int32_t count, page_size;
    } push = {operation.write(memory, size), operation.upload(from, count),
              operation.upload(to, count), number(count), number(page_size)};
    number(size);
    operation.run(shaders::copy_pages, {}, push,
                  {divided_up(page_size, 1024), std::min<int64_t>(count, 65535)});
}

void VulkanDevice::draw_tokens(std::span<TokenDraw> draws, int64_t rows, int64_t vocab,
                               int64_t classes, const float* logits) const {
    const int64_t n = std::ssize(draws);
    if (n == 0) return;
    std::vector<int> row, top_k;
    std::vector<float> uniform, temperature, top_p;
    for (const TokenDraw& draw : draws) {
        row.push_back(draw.row);
        top_k.push_back(draw.top_k);
        uniform.push_back(static_cast<float>(draw.uniform));
        temperature.push_back(draw.temperature);
        top_p.push_back(draw.top_p);
    }
    const std::shared_ptr<float> drawn =
        gpu_->allocate(2 * n); // tokens (whole numbers), log-probabilities
    {
        Operation operation(*gpu_);
        float* const weights = operation.scratch(n * classes);
        const struct {
            Address logits, uniforms, temperatures, top_ps, tokens, log_probs, weights;
            Address rows, top_ks;
            int32_t vocab, classes;
        } push = {operation.read(logits, rows * vocab),
                  operation.upload(uniform.data(), n),
                  operation.upload(temperature.data(), n),
                  operation.upload(top_p.data(), n),
                  operation.write(drawn.get(), n),
                  operation.write(drawn.get() + n, n),
                  operation.write(weights, n * classes),
                  operation.upload(row.data(), n),
                  operation.upload(top_k.data(), n),
                  number(vocab),
                  number(classes)};
        number(rows * vocab);
        number(n * classes);
        operation.run(shaders::draw_tokens, {}, push, {n});
    }
    std::vector<float> found(static_cast<size_t>(2 * n));
    gpu_->download(2 * n, drawn.get(), found.data());
    for (size_t i = 0; i < draws.size(); ++i) {
        draws[i].token = static_cast<int>(found[i]);
        draws[i].log_prob = found[draws.size() + i];
    }
}

} // namespace qstar::engine::vulkan
