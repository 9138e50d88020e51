#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
#include "slices.glsl"
#include "product.glsl"
// C (+)= op(A) op(B) + bias, a tile of C a work group.
//
// A tile is `side` numbers high and wide. Each invocation keeps 8 x 8 of them in registers,
// as four squares of 4 x 4 that lie half a tile apart: so neighbours read neighbouring
// vectors of shared memory. Along k the operands come in slices of 8, of which shared memory
// holds two: one is multiplied while the next is on its way from memory.
layout(local_size_x_id = 0) in;                   // (side / 8)^2
layout(constant_id = 7) const bool unroll = true; // a slice; slow to compile for a processor

const int deep = 8;
const int stride = side / 4 + 1; // of a row of a slice, in vectors; one more for the banks
const int threads = side * side / 64;
const int loads = side * deep / 4 / threads; // vectors an invocation fetches of each operand

shared vec4 slices_a[2 * deep * stride];
shared vec4 slices_b[2 * deep * stride];

// Four numbers of an operand whose side along C is `first`..., of `count`: along k where its
// rows are C's (or columns C's), else along C.
vec4 fetch_slice(Floats from, bool along_k, int load, int first, int count, int k0, int k_end,
                 int ld) {
    const int i = int(gl_LocalInvocationID.x) + load * threads;
    if (along_k) {
        const int row = first + i / 2, l = k0 + i % 2 * 4;
        return fetch(from, whole_ab, row * ld + l, row < count ? k_end - l : 0);
    }
    const int l = k0 + i / (side / 4), column = first + i % (side / 4) * 4;
    return fetch(from, whole_ab, l * ld + column, l < k_end ? count - column : 0);
}

// What was fetched goes to shared memory, rows of a slice being numbers of the same k.
void keep_slice(int turn, vec4 from_a[2], vec4 from_b[2]) {
    [[unroll]] for (int load = 0; load < loads; ++load) {
        const int i = int(gl_LocalInvocationID.x) + load * threads;
        const int begin = turn * deep * stride;
        const int turned = begin + i % 2 * 4 * stride + i / 8, lane = i / 2 % 4;
        const int straight = begin + i / (side / 4) * stride + i % (side / 4);
        if (trans_a) slices_a[straight] = from_a[load];
        if (!trans_b) slices_b[straight] = from_b[load];
        [[unroll]] for (int j = 0; j < 4; ++j) {
            if (!trans_a) slices_a[turned + j * stride][lane] = from_a[load][j];
            if (trans_b) slices_b[turned + j * stride][lane] = from_b[load][j];
        }
    }
}

// One number of k: what lies `at` in both slices.
void multiply(int at, int tx, int ty, inout vec4 sums[16]) {
    const vec4 a0 = slices_a[at + ty], a1 = slices_a[at + side / 8 + ty];
    const vec4 b0 = slices_b[at + tx], b1 = slices_b[at + side / 8 + tx];
    [[unroll]] for (int i = 0; i < 4; ++i) {
        sums[2 * i] += a0[i] * b0;
        sums[2 * i + 1] += a0[i] * b1;
        sums[2 * i + 8] += a1[i] * b0;
        sums[2 * i + 9] += a1[i] * b1;
    }
}

void main() {
    // Of 32 neighbours, 8 stand along the columns and 4 along the rows: they read the fewest
    // different vectors.
    const int me = int(gl_LocalInvocationID.x), block = me / 32;
    const int tx = block % (side / 64) * 8 + me % 8, ty = block / (side / 64) * 4 + me / 8 % 4;
    const int row0 = int(gl_WorkGroupID.y) * side, column0 = int(gl_WorkGroupID.x) * side;
    const int part = int(gl_WorkGroupID.z);
    const int k_begin = part * split, k_end = split > 0 ? min(k, k_begin + split) : k;

    vec4 sums[16]; // two of each row
    [[unroll]] for (int i = 0; i < 16; ++i) sums[i] = vec4(0.0);
    for (int k0 = k_begin - deep, turn = 1; k0 < k_end; k0 += deep, turn = 1 - turn) {
        const bool more = k0 + deep < k_end; // the first round only fetches
        vec4 next_a[2], next_b[2];
        if (more) {
            [[unroll]] for (int i = 0; i < loads; ++i) {
                next_a[i] = fetch_slice(a, !trans_a, i, row0, m, k0 + deep, k_end, lda);
                next_b[i] = fetch_slice(b, trans_b, i, column0, n, k0 + deep, k_end, ldb);
            }
        }
        if (k0 >= k_begin && unroll) {
            [[unroll]] for (int l = 0; l < deep; ++l)
                multiply((turn * deep + l) * stride, tx, ty, sums);
        } else if (k0 >= k_begin) {
            for (int l = 0; l < min(deep, k_end - k0); ++l)
                multiply((turn * deep + l) * stride, tx, ty, sums);
        }
        if (more) keep_slice(1 - turn, next_a, next_b);
        barrier();
    }

    [[unroll]] for (int i = 0; i < 8; ++i) {
        const int row = row0 + i / 4 * (side / 2) + ty * 4 + i % 4;
        if (row >= m) continue;
        [[unroll]] for (int half_tile = 0; half_tile < 2; ++half_tile) {
            const int column = column0 + half_tile * (side / 2) + tx * 4;
            finish_four((part * m + row) * ldc + column, column, sums[2 * i + half_tile]);
        }
    }
}
