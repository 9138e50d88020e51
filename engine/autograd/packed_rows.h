#pragma once
// Sequences of different lengths one behind another, without padding, on the processor.
//
// Attention looks back only, so what stands behind the last position that is asked for anything
// changes neither a loss nor a gradient: its part of every sum is 0. Such positions are left out.
// Where a sum over rows is cut into chunks (device/chunks.h), they are cut where those of the
// padded rows are, so that all bytes are those that padding gives.

#include "engine/autograd/tape.h"
#include "engine/device/device.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qstar::engine {

struct Packing {
    int64_t time = 0;       // rows of a sequence with its padding
    std::vector<int> at;    // of each row that is left, its number among the padded ones; ascending
    std::vector<int> first; // the row where each sequence begins, and at the end their number
    // Of the rows that are left those with a weight; empty: all of them, or nearly all.
    std::vector<int> asked;

    bool empty() const { return at.empty(); } // nothing is packed
    int64_t rows() const { return static_cast<int64_t>(at.size()); }
    int64_t sequences() const { return static_cast<int64_t>(first.size()) - 1; }
    // Rows [begin, end) of chunk c are begin = borders[c], end = borders[c + 1]; of norms, groups
    // of which each row has so many.
    void borders(int64_t groups, std::vector<int>& to) const;
    // From here on the rows with a weight are the ones that are left: whoever asks nothing of the
    // others needs no more of them than their keys and values in the last layer.
    void leave_asked();
};

// Keeps of each sequence of `time` positions those up to the last one with a weight, at least one.
// `more`: other weights of the same positions, or none. False, and nothing is to be packed, where
// the tape does not compute on the processor, or less than a twentieth would be left out and nearly
// all that is left has a weight.
bool pack_rows(const Tape& tape, int64_t time, std::span<const float> weights,
               std::span<const float> more, Packing& packing);

// The numbers of the rows that are left, in `kept`; where nothing is packed, all of them.
template <class T>
std::span<const T> where_asked(const Packing& packing, std::span<const T> padded,
                               std::vector<T>& kept) {
    if (packing.empty()) return padded;
    kept.clear();
    for (const int row : packing.at) kept.push_back(padded[static_cast<size_t>(row)]);
    return kept;
}

// As rotary() and attention() of ops.h, of packed rows.
Var rotary(Tape& tape, Var q, Var k, Var v, Var turns, int64_t heads, const Packing& packing);
Var attention(Tape& tape, Var qkv, int64_t heads, int64_t kv_heads, const Packing& packing);
// The gradient of `v`, of an RMS norm's gain or of a linear's bias, is summed in the chunks of the
// padded rows. The node keeps their borders in its index.
Var in_padded_chunks(Tape& tape, Var v, const Packing& packing);

// For gradients.cpp: see Device::column_sums and rms_norm_grad. partial: (chunks, columns).
void packed_column_sums(std::span<const int> borders, int64_t columns, const float* x,
                        float* partial, GradTarget d);
void packed_rms_norm_grad(std::span<const int> borders, int64_t width, const float* x,
                          const float* gain, const float* dy, const float* rstd, GradTarget dx,
                          float* partial, GradTarget dgain);

} // namespace qstar::engine
