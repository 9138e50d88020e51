// The matrix product: how it is cut into tiles, and the sum where there are too few of them.

#include "engine/vulkan/reduce.h"
#include "engine/vulkan/vulkan_device.h"

#include <algorithm>

namespace qstar::engine::vulkan {

namespace {

// A large GPU has so many cores (an H100 or H200). The order of the sums follows from it, so it
// is a constant and not the device's own number.
constexpr int64_t kCores = 132;
constexpr int64_t kShortestPart = 256; // of k

struct ProductCut {
    int64_t side = 64;  // of a tile
    int64_t part_k = 0; // numbers of a part of the sum, where it is cut
    int64_t parts = 1;
};

// The cut that should take the shortest time, in multiply-adds of one core: those of the core
// that gets the most tiles, and what the parts of a cut sum cost to write and to add up. A tile
// alone on its core takes half as long again, since nothing hides how long its operands are
// under way; four small tiles are as much work as a large one, but fetch twice as much.
ProductCut cut_of(const Gemm& g) {
    const bool can_split = g.ldc == g.n && g.bias == nullptr && g.gelu == nullptr;
    const int64_t most = can_split ? std::clamp<int64_t>(g.k / kShortestPart, 1, 32) : 1;
    ProductCut best;
    double shortest = 0;
    for (const int64_t side : {128, 64}) {
        const int64_t tiles = divided_up(g.m, side) * divided_up(g.n, side);
        for (int64_t wanted = 1; wanted <= most; ++wanted) {
            const int64_t part_k = divided_up(divided_up(g.k, wanted), 16) * 16;
            const int64_t parts = part_k == 0 ? 1 : divided_up(g.k, part_k);
            const int64_t area = divided_up(tiles * parts, kCores) * side * side;
            const double dear = side == 64 ? 1.15 : 1;
            double time = dear * static_cast<double>(std::max<int64_t>(area, 192 * side) * part_k);
            if (parts > 1) time += 6e5 + 0.45 * static_cast<double>(parts * g.m * g.n);
            if (shortest > 0 && time >= shortest) continue;
            shortest = time;
            best = {side, parts > 1 ? part_k : 0, parts};
        }
    }
    return best;
}

} // namespace

void VulkanDevice::gemm(const Gemm& g, Precision precision) const {
    if (g.m == 0 || g.n == 0) return;
    Operation operation(*gpu_);
    const ProductCut cut = cut_of(g);
    const int64_t side = cut.side, part_k = cut.part_k, parts = cut.parts;
    const bool split = parts > 1;
    float* const c = split ? operation.scratch(parts * g.m * g.n) : g.c;
    const int64_t a_rows = g.trans_a ? g.k : g.m, a_columns = g.trans_a ? g.m : g.k;
    const int64_t b_rows = g.trans_b ? g.n : g.k, b_columns = g.trans_b ? g.k : g.n;
    const bool whole_ab = whole(g.a, a_columns, g.lda) && whole(g.b, b_columns, g.ldb);
    const bool whole_c = whole(c, g.n, g.ldc) && whole(g.bias, 0, 0) && whole(g.gelu, 0, 0);
    const int64_t c_span = span_of(parts * g.m, g.n, g.ldc);
    const struct {
        Address a, b, c, bias, gelu;
        int32_t m, n, k, lda, ldb, ldc, split, flags;
    } push = {
        operation.read(g.a, span_of(a_rows, a_columns, g.lda)),
        operation.read(g.b, span_of(b_rows, b_columns, g.ldb)),
        operation.write(c, c_span),
        operation.read(g.bias, g.bias == nullptr ? 0 : g.n),
        g.gelu == nullptr ? 0 : operation.write(g.gelu, span_of(g.m, g.n, g.ldc)),
        number(g.m),
        number(g.n),
        number(g.k),
        number(g.lda),
        number(g.ldb),
        number(g.ldc),
        number(part_k),
        (g.accumulate && !split ? 1 : 0) | (g.bias != nullptr ? 2 : 0),
    };
    number(c_span);
    const auto invocations = static_cast<uint32_t>(side * side / 64);
    const auto run = [&](const Spirv& shader, uint32_t with, const MatrixUnits& form) {
        operation.run(shader,
                      {invocations, static_cast<uint32_t>(side), g.trans_a, g.trans_b, whole_ab,
                       whole_c, g.gelu != nullptr, with, form.rows, form.columns, form.terms},
                      push, {divided_up(g.n, side), divided_up(g.m, side), parts});
    };
    const MatrixUnits& units = gpu_->physical().matrix_units;
    if (precision == Precision::bf16 && units) {
        run(shaders::gemm_bf16, units.subgroup_size, units);
    } else {
        run(shaders::gemm, gpu_->unrolls(), {});
    }
    if (split) sum_chunks(operation, g.m * g.n, parts, g.m * g.n, c, g.c, !g.accumulate);
}

} // namespace qstar::engine::vulkan
