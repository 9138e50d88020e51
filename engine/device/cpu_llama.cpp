// The processor's operations of the llama family's blocks: RMS norm, rotary positions, SwiGLU.

#include "engine/device/cpu_device.h"
#include "engine/kernels/kernels.h"

#include <algorithm>

namespace qstar::engine::cpu {

void CpuDevice::rms_norm(const RmsNorm& s, const float* x, const float* gain, float* y,
                         float* rstd) const {
    parallel_for(s.rows, row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            for (int64_t g = 0; g < s.groups; ++g) {
                const int64_t at = r * s.stride + g * s.width;
                kernels().rms_norm(s.width, x + at, gain, s.eps, y + at, &rstd[r * s.groups + g]);
            }
        }
    });
}

// The gain is summed over rows in fixed chunks, the chunks in order, so the bytes do not depend
// on threads.
void CpuDevice::rms_norm_grad(int64_t rows, int64_t width, const float* x, const float* gain,
                              const float* dy, const float* rstd, GradTarget dx, float* partial,
                              GradTarget dgain) const {
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        float* gain_part = partial + begin / row_grain * width;
        std::fill_n(gain_part, width, 0.0f);
        for (int64_t r = begin; r < end; ++r) {
            kernels().rms_norm_grad(width, x + r * width, gain, dy + r * width, rstd[r],
                                    dx.data + r * width, !dx.fresh, gain_part);
        }
    });
    if (!dgain.data) return;
    clear_if_fresh(dgain, width);
    for (int64_t c = 0; c < row_chunks(rows); ++c)
        kernels().add(width, dgain.data, partial + c * width, dgain.data);
}

void CpuDevice::rotate(const Rotation& by, const float* x, int64_t ldx, GradTarget y,
                       int64_t ldy) const {
    if (!y.data) return;
    const int64_t width = by.heads * by.size;
    parallel_for(by.rows, row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
            const float* from = x + r * ldx;
            float* to = y.data + r * ldy;
            if (!by.turns) {
                if (y.fresh)
                    std::copy_n(from, width, to);
                else
                    kernels().add(width, to, from, to);
                continue;
            }
            const int64_t position = by.position ? by.position[r] : r % by.time;
            for (int64_t h = 0; h < width; h += by.size)
                kernels().rotate(by.size / 2, from + h, by.turns + position * by.size, by.back,
                                 to + h, !y.fresh);
        }
    });
}

void CpuDevice::swiglu(int64_t rows, int64_t width, const float* gate, const float* up, int64_t ld,
                       float* y) const {
    parallel_for(rows, row_grain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r)
            kernels().swiglu(width, gate + r * ld, up + r * ld, y + r * width);
    });
}

void CpuDevice::swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy,
                            GradTarget dgate, GradTarget dup) const {
    parallel_for(n, element_grain, [&](int64_t begin, int64_t end) {
        kernels().swiglu_grad(end - begin, gate + begin, up + begin, dy + begin, dgate.data + begin,
                              !dgate.fresh, dup.data + begin, !dup.fresh);
    });
}

} // namespace qstar::engine::cpu
