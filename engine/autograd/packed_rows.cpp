#include "engine/autograd/packed_rows.h"

#include "engine/autograd/forward.h"
#include "engine/base/error.h"
#include "engine/device/attention.h"
#include "engine/device/chunks.h"
#include "engine/device/cpu_device.h"
#include "engine/kernels/kernels.h"

#include <algorithm>

namespace qstar::engine {

void Packing::borders(int64_t groups, std::vector<int>& to) const {
    const int64_t chunks = row_chunks(sequences() * time * groups);
    to.clear();
    int64_t row = 0; // the first that is not before the border
    for (int64_t c = 0; c < chunks; ++c) {
        const int64_t border = c * kRowGrain, padded = border / groups;
        while (row < rows() && at[static_cast<size_t>(row)] < padded) ++row;
        const bool there = row < rows() && at[static_cast<size_t>(row)] == padded;
        to.push_back(static_cast<int>(row * groups + (there ? border % groups : 0)));
        // A border within a row that was left out is one before the next row.
    }
    to.push_back(static_cast<int>(rows() * groups));
}

void Packing::leave_asked() {
    for (size_t i = 0; i < asked.size(); ++i) at[i] = at[static_cast<size_t>(asked[i])];
    if (!asked.empty()) at.resize(asked.size());
    asked.clear();
}

bool pack_rows(const Tape& tape, int64_t time, std::span<const float> weights,
               std::span<const float> more, Packing& packing) {
    if (!tape.device().is_host() || time < 1) return false;
    packing.time = time;
    packing.at.clear();
    packing.first.clear();
    packing.asked.clear();
    const auto asked = [&](int64_t i) {
        const auto at = static_cast<size_t>(i);
        return weights[at] != 0 || (!more.empty() && more[at] != 0);
    };
    const auto all = static_cast<int64_t>(weights.size());
    for (int64_t begin = 0; begin < all; begin += time) {
        int64_t end = begin + time;
        while (end > begin + 1 && !asked(end - 1)) --end;
        packing.first.push_back(static_cast<int>(packing.rows()));
        for (int64_t row = begin; row < end; ++row) {
            if (asked(row)) packing.asked.push_back(static_cast<int>(packing.rows()));
            packing.at.push_back(static_cast<int>(row));
        }
    }
    packing.first.push_back(static_cast<int>(packing.rows()));
    if (20 * std::ssize(packing.asked) > 19 * packing.rows()) packing.asked.clear();
    return 20 * packing.rows() <= 19 * all || !packing.asked.empty();
}

Var rotary(Tape& tape, Var q, Var k, Var v, Var turns, int64_t heads, const Packing& packing) {
    const Shape s = shape_of(tape, q, "rotary"), ts = shape_of(tape, turns, "rotary (turns)");
    const Shape ks = shape_of(tape, k, "rotary"), vs = shape_of(tape, v, "rotary");
    const int64_t size = heads > 0 ? s.last() / heads : 0;
    if (size < 2 || size % 2 != 0 || ts.rank != 2 || ts[1] != size || ks.last() % size != 0 ||
        ks != vs || s.rows() != ks.rows())
        fail("rotary: queries {}, keys {}, values {} and turns {} do not go together", s.text(),
             ks.text(), vs.text(), ts.text());
    if (s.rows() != packing.rows() || packing.time > ts[0])
        fail("rotary: {} rows of sequences of {}, but there are {} rows and {} positions",
             packing.rows(), packing.time, s.rows(), ts[0]);
    const float* in[3] = {operand(tape, q).data(), operand(tape, k).data(),
                          operand(tape, v).data()};
    const Tensor table = operand(tape, turns);
    const int64_t width = s.last() + 2 * ks.last();
    Node& n = tape.push(Op::rotary, {q, k, v, turns}, {s.rows(), width});
    n.attribute[1] = packing.time;
    for (const int row : packing.at) n.index.push_back(row % static_cast<int>(packing.time));
    float* to = n.value.data();
    for (int part = 0; part < 3; ++part) {
        const Shape& rows = part == 0 ? s : ks;
        Rotation by = rotation_of(rows, table, packing.time);
        by.position = n.index.data();
        if (part == 2) by.turns = nullptr; // values stay as they are
        tape.device().rotate(by, in[part], rows.last(), {to, true}, width);
        to += rows.last();
    }
    return tape.last();
}

Var attention(Tape& tape, Var qkv, int64_t heads, int64_t kv_heads, const Packing& packing) {
    const Shape s = shape_of(tape, qkv, "attention");
    const int64_t all = heads + 2 * kv_heads; // parts of a row
    if (heads < 1 || kv_heads < 1 || heads % kv_heads != 0 || s.rows() != packing.rows() ||
        s.last() % all != 0)
        fail("attention: shape {} is not {} packed rows in {} heads, of keys and values {}",
             s.text(), packing.rows(), heads, kv_heads);
    const float* px = operand(tape, qkv).data();
    const Attention shape{packing.sequences(), packing.time, heads, kv_heads, s.last() / all};
    Node& n = tape.push(Op::attention, {qkv}, {s.rows(), shape.width()});
    n.saved[0] = tape.allocate({s.rows() * heads});
    n.attribute[0] = shape.batch;
    n.attribute[1] = shape.time;
    n.attribute[2] = heads;
    n.index.assign(packing.first.begin(), packing.first.end());
    attention_forward(px, n.value.data(), n.saved[0].data(), shape, n.index.data());
    return tape.last();
}

Var in_padded_chunks(Tape& tape, Var v, const Packing& packing) {
    Node& n = tape.node(v.id);
    const int64_t groups = n.op == Op::rms_norm ? n.saved[0].size() / packing.rows() : 1;
    packing.borders(groups, n.index);
    return v;
}

void packed_column_sums(std::span<const int> borders, int64_t columns, const float* x,
                        float* partial, GradTarget d) {
    if (!d.data) return;
    const auto chunks = static_cast<int64_t>(borders.size()) - 1;
    parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; ++c) {
            float* sum = partial + c * columns;
            std::fill_n(sum, columns, 0.0f);
            const auto at = static_cast<size_t>(c);
            for (int64_t r = borders[at]; r < borders[at + 1]; ++r)
                kernels().add(columns, sum, x + r * columns, sum);
        }
    });
    on_cpu::sum_chunks(d, columns, chunks, columns, partial);
}

void packed_rms_norm_grad(std::span<const int> borders, int64_t width, const float* x,
                          const float* gain, const float* dy, const float* rstd, GradTarget dx,
                          float* partial, GradTarget dgain) {
    const auto chunks = static_cast<int64_t>(borders.size()) - 1;
    parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; ++c) {
            float* gain_part = partial + c * width;
            std::fill_n(gain_part, width, 0.0f);
            const auto at = static_cast<size_t>(c);
            for (int64_t r = borders[at]; r < borders[at + 1]; ++r)
                kernels().rms_norm_grad(width, x + r * width, gain, dy + r * width, rstd[r],
                                        dx.data + r * width, !dx.fresh, gain_part);
        }
    });
    on_cpu::sum_chunks(dgain, width, chunks, width, partial);
}

} // namespace qstar::engine
