#include "engine/decode/packed_linear.h"

#include "engine/base/cpu.h"
#include "engine/base/parallel.h"
#include "engine/kernels/kernels.h"

#include <algorithm>
#include <numeric>

namespace qstar::engine {

namespace {

// Panels that a thread takes at a time are a multiple of this: what the widest kernel reads side
// by side.
constexpr int64_t kPanelsTogether = 8;

// Rows that pass along all panels before the next ones do: they stay in the second-level cache.
constexpr int64_t kMostRowsTogether = 192;

constexpr int64_t kNumbersALine = 16; // numbers in a line of the caches

int64_t up_to_multiple(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// Panel p of weights (out, in): columns [j, j + count) are rows of one weight, or of neighbours.
void panel_of_rows(const LinearParts& parts, const Kernels& kernel, int64_t j, int64_t count,
                   float* panel) {
    const int64_t in = parts.in();
    thread_local std::vector<float> neighbours;
    int64_t first = 0; // column of the weight
    for (const Tensor& weight : parts.weights) {
        const int64_t outs = weight.shape()[0];
        if (j >= first && j + count <= first + outs)
            return kernel.pack_transposed(in, weight.data() + (j - first) * in, in, count,
                                          kernel.nr, panel);
        first += outs;
    }
    neighbours.clear();
    first = 0;
    for (const Tensor& weight : parts.weights) {
        const int64_t outs = weight.shape()[0];
        const int64_t from = std::max(j, first), to = std::min(j + count, first + outs);
        if (from < to)
            neighbours.insert(neighbours.end(), weight.data() + (from - first) * in,
                              weight.data() + (to - first) * in);
        first += outs;
    }
    kernel.pack_transposed(in, neighbours.data(), in, count, kernel.nr, panel);
}

// Panels [first, last) of a weight (in, out), row by row of it.
void panels_of_columns(const Tensor& weight, int64_t first, int64_t last, int64_t nr,
                       float* panels) {
    const int64_t in = weight.shape()[0], out = weight.shape()[1];
    for (int64_t k = 0; k < in; ++k) {
        for (int64_t p = first; p < last; ++p) {
            const int64_t count = std::min(nr, out - p * nr);
            float* const to = panels + (p * in + k) * nr;
            std::copy_n(weight.data() + k * out + p * nr, count, to);
            std::fill(to + count, to + nr, 0.0f);
        }
    }
}

} // namespace

int64_t LinearParts::out() const {
    const auto add = [&](int64_t sum, const Tensor& w) { return sum + w.shape()[out_in ? 0 : 1]; };
    return std::accumulate(weights.begin(), weights.end(), int64_t{0}, add);
}

PackedLinear::PackedLinear(const LinearParts& given)
    : kernels_(&kernels()), in_(given.in()), out_(given.out()) {
    LinearParts parts = given;
    for (Tensor& weight : parts.weights)
        if (!weight.device().is_host()) weight = weight.clone(cpu_device());
    if (!parts.bias.empty()) bias_ = parts.bias.clone(cpu_device());
    const int64_t nr = kernels_->nr, panels = (out_ + nr - 1) / nr;
    panels_ = Tensor::unwritten({panels, in_, nr}, cpu_device());
    parallel_for(panels, kPanelsTogether, [&](int64_t first, int64_t last) {
        if (!parts.out_in)
            return panels_of_columns(parts.weights.front(), first, last, nr, panels_.data());
        for (int64_t p = first; p < last; ++p)
            panel_of_rows(parts, *kernels_, p * nr, std::min(nr, out_ - p * nr),
                          panels_.data() + p * in_ * nr);
    });
}

void PackedLinear::apply(int64_t rows, const float* x, int64_t ldx, float* y, int64_t ldy, bool add,
                         bool shared) const {
    const int64_t nr = kernels_->nr, panels = (out_ + nr - 1) / nr;
    const int64_t pieces = shared ? 4 * int64_t{threads()} : 1;
    const int64_t grain = up_to_multiple((panels + pieces - 1) / pieces, kPanelsTogether);
    parallel_for(panels, grain, [&](int64_t first, int64_t last) {
        const int64_t begin = first * nr, end = std::min(out_, last * nr), count = end - begin;
        for (int64_t r = 0; r < rows && !bias_.empty(); ++r) {
            float* const row = y + r * ldy + begin;
            if (add)
                kernels_->add(count, row, bias_.data() + begin, row);
            else
                std::copy_n(bias_.data() + begin, count, row);
        }
        for (int64_t r = 0; r < rows; r += kMostRowsTogether)
            columns(std::min(kMostRowsTogether, rows - r), x + r * ldx, ldx, y + r * ldy, ldy,
                    begin, end, add || !bias_.empty());
    });
}

// Columns [begin, end) of y = or += x W.
void PackedLinear::columns(int64_t rows, const float* x, int64_t ldx, float* y, int64_t ldy,
                           int64_t begin, int64_t end, bool add) const {
    if (rows > kernels_->mr) return many_rows(rows, x, ldx, y, ldy, begin, end, add);
    Tile t;
    t.k = in_;
    t.rows = rows;
    t.cols = end - begin;
    t.a = t.next_a = x;
    t.stride_a = ldx;
    t.b = panels_.data() + begin * in_;
    t.ldb = kernels_->nr;
    t.panel = in_ * kernels_->nr;
    t.next_c = t.c = y + begin;
    t.ldc = ldy;
    t.accumulate = add;
    kernels_->small(t);
}

void PackedLinear::many_rows(int64_t rows, const float* x, int64_t ldx, float* y, int64_t ldy,
                             int64_t begin, int64_t end, bool add) const {
    const int64_t nr = kernels_->nr;
    // The part of a panel that stays fills half of the first-level cache.
    const int64_t deep = std::max<int64_t>(64, cpu().l1d / 8 / nr);
    const int64_t parts = (in_ + deep - 1) / deep;
    const int64_t depth = up_to_multiple((in_ + parts - 1) / parts, 8);
    const int64_t strips = (rows + kernels_->mr - 1) / kernels_->mr;
    // Meanwhile each row has its share of the next part fetched.
    const int64_t share = up_to_multiple(depth * nr / rows + 1, kNumbersALine);
    for (int64_t j = begin; j < end; j += nr) {
        for (int64_t l = 0; l < in_; l += depth) {
            Tile t;
            t.k = std::min(depth, in_ - l);
            t.cols = std::min(nr, end - j);
            t.stride_a = ldx;
            t.b = panels_.data() + j * in_ + l * nr;
            t.ldb = nr;
            t.ldc = ldy;
            t.accumulate = add || l > 0;
            t.next_a = t.b + t.k * nr;
            t.next_lda = t.next_length = share;
            for (int64_t s = 0; s < strips; ++s) {
                const int64_t row = rows * s / strips;
                t.rows = rows * (s + 1) / strips - row;
                t.a = x + row * ldx + l;
                t.c = y + row * ldy + j;
                t.next_c = t.c + t.rows * ldy;
                kernels_->micro(t);
                t.next_a += share * t.rows;
            }
        }
    }
}

} // namespace qstar::engine
