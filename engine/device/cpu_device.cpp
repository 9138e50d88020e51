// The processor's table: its operations, and the few that need no file of their own.

#include "engine/device/arena.h"
#include "engine/device/attention.h"
#include "engine/device/cpu_operations.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <vector>

namespace qstar::engine {

namespace {

constexpr int64_t optimiser_grain = 32768;

void attention(const float* qkv, float* out, float* lse, Attention s) {
    attention_forward(qkv, out, lse, s.batch, s.time, s.heads, s.width);
}

void attention_grad(const float* qkv, const float* out, const float* lse, const float* dout,
                    Slot dqkv, Attention s) {
    if (!dqkv.data) return;
    attention_backward(qkv, out, lse, dout, dqkv.data, !dqkv.fresh, s.batch, s.time, s.heads,
                       s.width);
}

double sum_of_squares(std::span<const std::span<const float>> pieces) {
    double total = 0;
    for (const std::span<const float> piece : pieces) {
        const auto size = static_cast<int64_t>(piece.size());
        const int64_t chunks = (size + optimiser_grain - 1) / optimiser_grain;
        thread_local std::vector<float> partial; // kept: a step of training allocates nothing
        partial.resize(static_cast<size_t>(chunks));
        float* parts = partial.data(); // this thread's, whoever fills it
        parallel_for(size, optimiser_grain, [&](int64_t begin, int64_t end) {
            const float* x = piece.data() + begin;
            parts[begin / optimiser_grain] = kernels().dot(end - begin, x, x);
        });
        for (const float part : partial) total += part;
    }
    return total;
}

void adamw(int64_t n, float* p, const float* g, float* m, float* v, const AdamWStep& s) {
    parallel_for(n, optimiser_grain, [&](int64_t begin, int64_t end) {
        kernels().adamw(end - begin, p + begin, g + begin, m + begin, v + begin, s.grad_scale,
                        s.rate, s.beta1, s.beta2, s.eps, s.decay, s.correct1, s.correct2);
    });
}

} // namespace

const Device& cpu_device() {
    static const Device table = {
        .name = "cpu",
        .widest = int64_t{1} << 20,
        .has_bf16 = [] { return bf16_kernels() != nullptr; },
        .allocate = allocate_host_floats,
        .finish = [] {},
        .download = [](int64_t n, const float* from, float* to) { std::copy_n(from, n, to); },
        .fill =
            [](int64_t n, float value, float* x) {
                parallel_for(n, element_grain, [&](int64_t begin, int64_t end) {
                    std::fill(x + begin, x + end, value);
                });
            },
        .add_scaled = cpu::add_scaled,
        .gemm = [](const Gemm& product, Precision precision) { gemm(product, precision); },
        .map = cpu::map,
        .map_grad = cpu::map_grad,
        .zip = cpu::zip,
        .zip_grad = cpu::zip_grad,
        .sum = cpu::sum,
        .spread = cpu::spread,
        .column_sums = cpu::column_sums,
        .layer_norm = cpu::layer_norm,
        .layer_norm_grad = cpu::layer_norm_grad,
        .embedding = cpu::embedding,
        .embedding_grad = cpu::embedding_grad,
        .gather_rows = cpu::gather_rows,
        .gather_rows_grad = cpu::gather_rows_grad,
        .sum_lists = cpu::sum_lists,
        .attention = attention,
        .attention_grad = attention_grad,
        .cross_entropy = cpu::cross_entropy,
        .cross_entropy_grad = cpu::cross_entropy_grad,
        .log_prob = cpu::log_prob,
        .log_prob_grad = cpu::log_prob_grad,
        .entropy = cpu::entropy,
        .entropy_grad = cpu::entropy_grad,
        .binary_cross_entropy = cpu::binary_cross_entropy,
        .binary_cross_entropy_grad = cpu::binary_cross_entropy_grad,
        .rows_product = [](const Gemm& product) { gemm(product); }, // has that property
        .store_pages = cpu::store_pages,
        .attend_pages = cpu::attend_pages,
        .copy_pages = cpu::copy_pages,
        .draw_tokens = cpu::draw_tokens,
        .sum_of_squares = sum_of_squares,
        .adamw = adamw,
    };
    return table;
}

} // namespace qstar::engine
