// Causal attention as products of matrices, for as many heads at once as their scores fill
// a bounded room: forward makes them, backward makes them again. See autograd/attention.h
// for the formulas.

#include "engine/vulkan/operations.h"
#include "engine/vulkan/product.h"

#include <algorithm>
#include <cmath>

namespace qstar::engine::vulkan {

namespace {

constexpr int64_t kScores = int64_t{1} << 24; // numbers of the scores at one time: 64 MiB

// The sequences `first` to `first + sequences` and, of the only one if its heads are many,
// some of its heads.
struct Part {
    int64_t sequence, sequences, head, heads;
    int64_t count() const { return sequences * heads; }
};

template <class Body>
void for_parts(Attention s, Body body) {
    const int64_t scores = s.time * s.time; // of one head
    if (scores == 0) return;
    const int64_t most = std::max<int64_t>(1, kScores / scores); // heads at one time
    const int64_t sequences = std::max<int64_t>(1, most / s.heads);
    const int64_t heads = std::min(s.heads, most);
    for (int64_t b = 0; b < s.batch; b += sequences) {
        for (int64_t h = 0; h < s.heads; h += heads) {
            body(Part{b, std::min(sequences, s.batch - b), h, std::min(heads, s.heads - h)});
        }
    }
}

// What the products of a part have in common, and where its parts of a tensor begin.
struct Layout {
    Attention s;
    Part part;
    int64_t size() const { return s.width / s.heads; }
    int64_t scores() const { return s.time * s.time; }
    // In a tensor of rows of `row` numbers.
    int64_t begin(int64_t row) const { return part.sequence * s.time * row + part.head * size(); }
    Product product() const {
        Product p;
        p.count = part.count();
        p.heads = part.heads;
        return p;
    }
    // Scores as the operand or result; a tensor of rows of `row` numbers as one.
    void scores_a(Product& p, const float* scores_of) const {
        p.a = scores_of;
        p.lda = s.time;
        p.a_head = scores();
        p.a_sequence = part.heads * scores();
    }
    void rows_a(Product& p, const float* tensor, int64_t row) const {
        p.a = tensor + begin(row);
        p.lda = row;
        p.a_head = size();
        p.a_sequence = s.time * row;
    }
    void rows_b(Product& p, const float* tensor, int64_t row) const {
        p.b = tensor + begin(row);
        p.ldb = row;
        p.b_head = size();
        p.b_sequence = s.time * row;
    }
    void scores_c(Product& p, float* scores_of) const {
        p.c = scores_of;
        p.ldc = s.time;
        p.c_head = scores();
        p.c_sequence = part.heads * scores();
    }
    void rows_c(Product& p, float* tensor, int64_t row) const {
        p.c = tensor + begin(row);
        p.ldc = row;
        p.c_head = size();
        p.c_sequence = s.time * row;
    }
};

// x y^T up to the diagonal, of rows of two tensors.
void all_scores(Job& job, const Layout& at, const float* x, int64_t x_row, const float* y,
                int64_t y_row, float* scores) {
    Product p = at.product();
    p.trans_b = true;
    p.m = p.n = at.s.time;
    p.k = at.size();
    p.causal = Causal::lower_result;
    at.rows_a(p, x, x_row);
    at.rows_b(p, y, y_row);
    at.scores_c(p, scores);
    multiply(job, p);
}

// scores y, or scores^T y, into rows of a tensor.
void weighted_rows(Job& job, const Layout& at, const float* scores, bool transposed, const float* y,
                   int64_t y_row, float* to, int64_t to_row, bool accumulate) {
    Product p = at.product();
    p.trans_a = transposed;
    p.m = p.k = at.s.time;
    p.n = at.size();
    p.causal = transposed ? Causal::lower_a_transposed : Causal::lower_a;
    p.accumulate = accumulate;
    at.scores_a(p, scores);
    at.rows_b(p, y, y_row);
    at.rows_c(p, to, to_row);
    multiply(job, p);
}

} // namespace

void attention(const float* qkv, float* out, float* lse, Attention s) {
    Job job(gpu());
    for_parts(s, [&](const Part& part) {
        const Layout at{s, part};
        const int64_t rows = part.count() * s.time, row = 3 * s.width;
        float* const scores = job.scratch(part.count() * at.scores());
        all_scores(job, at, qkv, row, qkv + s.width, row, scores);
        const struct {
            Address scores, lse;
            int32_t rows, time, all_heads, heads, head, sequence, tile;
            float factor;
        } push = {job.write(scores, part.count() * at.scores()),
                  job.write(lse, s.batch * s.heads * s.time),
                  number(rows),
                  number(s.time),
                  number(s.heads),
                  number(part.heads),
                  number(part.head),
                  number(part.sequence),
                  static_cast<int32_t>(kCausalTile),
                  1.0f / std::sqrt(static_cast<float>(at.size()))};
        job.run(shaders::attention_softmax, {}, push, {std::min<int64_t>(rows, 65535)});
        weighted_rows(job, at, scores, false, qkv + 2 * s.width, row, out, s.width, false);
    });
}

void attention_grad(const float* qkv, const float* out, const float* lse, const float* dout, Slot d,
                    Attention s) {
    if (!d.data) return;
    Job job(gpu());
    for_parts(s, [&](const Part& part) {
        const Layout at{s, part};
        const int64_t rows = part.count() * s.time, row = 3 * s.width;
        const int64_t numbers = part.count() * at.scores();
        const float *keys = qkv + s.width, *values = qkv + 2 * s.width;
        float* const p = job.scratch(2 * numbers); // the scores, then the probabilities
        float* const dp = p + numbers;             // their gradient, then the scores'
        all_scores(job, at, qkv, row, keys, row, p);
        all_scores(job, at, dout, s.width, values, row, dp);
        const struct {
            Address p, dp, lse, out, dout;
            int32_t rows, time, all_heads, heads, head, sequence, tile, width, size;
            float factor;
        } push = {job.write(p, numbers),
                  job.write(dp, numbers),
                  job.read(lse, s.batch * s.heads * s.time),
                  job.read(out, s.batch * s.time * s.width),
                  job.read(dout, s.batch * s.time * s.width),
                  number(rows),
                  number(s.time),
                  number(s.heads),
                  number(part.heads),
                  number(part.head),
                  number(part.sequence),
                  static_cast<int32_t>(kCausalTile),
                  number(s.width),
                  number(at.size()),
                  1.0f / std::sqrt(static_cast<float>(at.size()))};
        job.run(shaders::attention_softmax_grad, {}, push, {std::min<int64_t>(rows, 65535)});
        weighted_rows(job, at, dp, false, keys, row, d.data, row, !d.fresh);
        weighted_rows(job, at, dp, true, qkv, row, d.data + s.width, row, !d.fresh);
        weighted_rows(job, at, p, true, dout, s.width, d.data + 2 * s.width, row, !d.fresh);
    });
}

} // namespace qstar::engine::vulkan
