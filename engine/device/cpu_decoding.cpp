// Decoding, operation by operation. The processor's own decoder takes its rows through all
// layers in pieces instead (decode/cpu_decoder.cpp); what stands here copies pages and draws
// tokens for it, and is the twin that other devices are held against.

#include "engine/device/cpu_device.h"
#include "engine/device/token_distribution.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace qstar::engine::on_cpu {

namespace {

constexpr int64_t kDraws = 32; // to a thread

// The page of a position of row r.
float* page_at(const PagedRows& p, int64_t r, int64_t position) {
    return p.memory + p.pages[p.first[r] + position / kPagePositions] * p.page_size;
}

} // namespace

void CpuDevice::store_pages(const PagedRows& p, const float* qkv) const {
    const int64_t size = p.head_size;
    for (int64_t r = 0; r < p.rows; ++r) {
        const int64_t at = p.position[r] % kPagePositions;
        float* const page = page_at(p, r, p.position[r]);
        const float* key = qkv + r * p.qkv_width() + p.width();
        const float* value = key + p.kv_width();
        for (int64_t h = 0; h < p.kv_heads; ++h, key += size, value += size) {
            float* const keys = page + p.keys + h * size * kPagePositions;
            for (int64_t d = 0; d < size; ++d) keys[d * kPagePositions + at] = key[d];
            float* const values = page + p.values + h * size * kPagePositions;
            std::copy_n(value, size, values + at * size);
        }
    }
}

void CpuDevice::attend_pages(const PagedRows& p, const float* qkv, float* out) const {
    const int64_t size = p.head_size;
    const float factor = 1.0f / std::sqrt(static_cast<float>(size));
    std::vector<const float*> pages;
    std::vector<float> scores;
    for (int64_t r = 0; r < p.rows; ++r) {
        pages.clear();
        for (int64_t i = 0; i <= p.position[r]; i += kPagePositions) {
            pages.push_back(page_at(p, r, i));
        }
        scores.resize(pages.size() * static_cast<size_t>(p.heads * kPagePositions));
        kernels().attend_pages(p.position[r] + 1, p.heads, p.heads / p.kv_heads, size, pages.data(),
                               p.keys, p.values, qkv + r * p.qkv_width(), factor, scores.data(),
                               out + r * p.width());
    }
}

void CpuDevice::copy_pages(int64_t count, const int* from, const int* to, int64_t page_size,
                           float* memory, int64_t) const {
    parallel_for(count, 4, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            std::copy_n(memory + from[i] * page_size, page_size, memory + to[i] * page_size);
        }
    });
}

void CpuDevice::draw_tokens(std::span<TokenDraw> draws, int64_t, int64_t vocab, int64_t classes,
                            const float* logits) const {
    parallel_for(std::ssize(draws), kDraws, [&](int64_t begin, int64_t end) {
        thread_local TokenDistribution distribution;
        const TokenDraw* last = nullptr; // draws from one row stand together
        for (TokenDraw& draw :
             draws.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin))) {
            const Sampling how{draw.temperature, draw.top_k, draw.top_p};
            if (last == nullptr || last->row != draw.row ||
                how != Sampling{last->temperature, last->top_k, last->top_p}) {
                distribution.set({logits + draw.row * vocab, static_cast<size_t>(classes)}, how);
            }
            draw.token = distribution.draw(draw.uniform);
            draw.log_prob = distribution.log_prob(draw.token);
            last = &draw;
        }
    });
}

} // namespace qstar::engine::on_cpu
