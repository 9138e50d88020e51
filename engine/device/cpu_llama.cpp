// The processor's operations of the llama family's blocks beside RMS norm (cpu_rows.cpp): rotary
// positions, SwiGLU.

#include "engine/device/cpu_device.h"
#include "engine/kernels/kernels.h"

#include <algorithm>

namespace qstar::engine::on_cpu {

void CpuDevice::rotate(const Rotation& by, const float* x, int64_t ldx, GradTarget y,
                       int64_t ldy) const {
    if (!y.data) return;
    const int64_t width = by.heads * by.size;
    parallel_for(by.rows, kRowGrain, [&](int64_t begin, int64_t end) {
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
    parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r)
            kernels().swiglu(width, gate + r * ld, up + r * ld, y + r * width);
    });
}

void CpuDevice::swiglu_grad(int64_t n, const float* gate, const float* up, const float* dy,
                            GradTarget dgate, GradTarget dup) const {
    parallel_for(n, kMapGrain, [&](int64_t begin, int64_t end) {
        kernels().swiglu_grad(end - begin, gate + begin, up + begin, dy + begin, dgate.data + begin,
                              !dgate.fresh, dup.data + begin, !dup.fresh);
    });
}

} // namespace qstar::engine::on_cpu
