#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
#include "slices.glsl"
// C (+)= A op(B) + bias for few rows: 8 rows and 64 columns of C a work group, the sum over k
// in 8 parts, which are added in order at the end. How a sum is made depends on k alone, so a
// row has the same bytes alone as among others.
layout(local_size_x = 128) in;
layout(constant_id = 0) const bool trans_b = false;
layout(constant_id = 1) const bool whole = false; // A, B can be read in vectors of four
layout(constant_id = 2) const bool with_gelu = false;
layout(push_constant) uniform Push {
    Floats a, b, c, bias, gelu;
    int m, n, k, lda, ldb, ldc;
    int flags; // 1: add to C, 2: there is a bias
};

const int rows = 8, parts = 8;

shared vec4 of_part[parts * rows * 16];

void main() {
    const int me = int(gl_LocalInvocationID.x), quad = me % 16, part = me / 16;
    const int row0 = int(gl_WorkGroupID.y) * rows;
    const int column0 = int(gl_WorkGroupID.x) * 64, column = column0 + 4 * quad;

    vec4 sums[rows];
    [[unroll]] for (int i = 0; i < rows; ++i) sums[i] = vec4(0.0);
    for (int l = 4 * part; l < k; l += 4 * parts) {
        vec4 from_b[4]; // trans_b: of each column, numbers l to l + 3; else of each of those
        [[unroll]] for (int j = 0; j < 4; ++j) {
            from_b[j] = trans_b ? fetch(b, whole, (column + j) * ldb + l, column + j < n ? k - l : 0)
                                : fetch(b, whole, (l + j) * ldb + column, l + j < k ? n - column : 0);
        }
        [[unroll]] for (int i = 0; i < rows; ++i) {
            const vec4 from_a = fetch(a, whole, (row0 + i) * lda + l, row0 + i < m ? k - l : 0);
            if (trans_b) {
                sums[i] += vec4(dot(from_a, from_b[0]), dot(from_a, from_b[1]),
                                dot(from_a, from_b[2]), dot(from_a, from_b[3]));
            } else {
                [[unroll]] for (int j = 0; j < 4; ++j) sums[i] += from_a[j] * from_b[j];
            }
        }
    }
    [[unroll]] for (int i = 0; i < rows; ++i) of_part[(part * rows + i) * 16 + quad] = sums[i];
    barrier();

    const int row = row0 + part; // from here on an invocation has one row
    if (row >= m) return;
    vec4 total = of_part[part * 16 + quad];
    for (int p = 1; p < parts; ++p) total += of_part[(p * rows + part) * 16 + quad];
    [[unroll]] for (int j = 0; j < 4; ++j) {
        if (column + j >= n) break;
        const int at = row * ldc + column + j;
        float x = total[j];
        if ((flags & 1) != 0) x += c.at[at];
        if ((flags & 2) != 0) x += bias.at[column + j];
        c.at[at] = x;
        if (with_gelu) gelu.at[at] = gelu_of(x);
    }
}
