// The processor's operations that need no file of their own.

#include "engine/device/cpu_device.h"

#include "engine/device/attention.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace qstar::engine {

namespace on_cpu {

namespace {

constexpr int64_t kOptimiserGrain = 32768;

constexpr size_t kCacheLine = 64; // bytes
constexpr size_t kHugePage = size_t{1} << 21;
constexpr size_t kHugePagesFrom = 4 * kHugePage; // from here on they pay

size_t rounded_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

} // namespace

void CpuDevice::attention(const float* qkv, float* out, float* lse, Attention s) const {
    attention_forward(qkv, out, lse, s);
}

void CpuDevice::attention_grad(const float* qkv, const float* out, const float* lse,
                               const float* dout, GradTarget dqkv, Attention s) const {
    if (!dqkv.data) return;
    attention_backward(qkv, out, lse, dout, dqkv.data, !dqkv.fresh, s);
}

double CpuDevice::sum_of_squares(std::span<const std::span<const float>> pieces) const {
    double total = 0;
    for (const std::span<const float> piece : pieces) {
        const auto size = static_cast<int64_t>(piece.size());
        const int64_t chunks = (size + kOptimiserGrain - 1) / kOptimiserGrain;
        thread_local std::vector<float> partial; // kept: a step of training allocates nothing
        partial.resize(static_cast<size_t>(chunks));
        float* parts = partial.data(); // this thread's, whoever fills it
        parallel_for(size, kOptimiserGrain, [&](int64_t begin, int64_t end) {
            const float* x = piece.data() + begin;
            parts[begin / kOptimiserGrain] = kernels().dot(end - begin, x, x);
        });
        for (const float part : partial) total += part;
    }
    return total;
}

void CpuDevice::adamw(int64_t n, float* p, const float* g, float* m, float* v,
                      const AdamWStep& s) const {
    parallel_for(n, kOptimiserGrain, [&](int64_t begin, int64_t end) {
        kernels().adamw(end - begin, p + begin, g + begin, m + begin, v + begin, s.grad_scale,
                        s.rate, s.beta1, s.beta2, s.eps, s.decay, s.correct1, s.correct2);
    });
}

bool CpuDevice::has_bf16() const { return bf16_kernels() != nullptr; }

// Large pieces lie in huge pages where the system offers them: fewer misses of the address cache,
// far fewer page faults.
std::shared_ptr<float> CpuDevice::allocate(int64_t count) const {
    const size_t bytes =
        rounded_up(static_cast<size_t>(std::max<int64_t>(1, count)) * sizeof(float), kCacheLine);
    const size_t alignment = bytes >= kHugePagesFrom ? kHugePage : kCacheLine;
    void* memory = std::aligned_alloc(alignment, rounded_up(bytes, alignment));
    if (memory == nullptr) throw std::bad_alloc();
#ifdef __linux__
    if (bytes >= kHugePagesFrom) madvise(memory, bytes, MADV_HUGEPAGE); // a hint
#endif
    return {static_cast<float*>(memory), [](float* p) { std::free(p); }};
}

void CpuDevice::download(int64_t n, const float* from, float* to) const {
    std::copy_n(from, n, to);
}

void CpuDevice::fill(int64_t n, float value, float* x) const {
    parallel_for(n, kElementGrain,
                 [&](int64_t begin, int64_t end) { std::fill(x + begin, x + end, value); });
}

void CpuDevice::gemm(const Gemm& product, Precision precision) const {
    engine::gemm(product, precision);
}

// gemm() has that property.
void CpuDevice::rows_product(const Gemm& product) const { engine::gemm(product); }

} // namespace on_cpu

const Device& cpu_device() {
    static const on_cpu::CpuDevice processor;
    return processor;
}

} // namespace qstar::engine
