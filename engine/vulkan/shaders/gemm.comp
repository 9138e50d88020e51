#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
// C (+)= op(A) op(B) + bias, a tile of C a work group, many products at once.
//
// A tile is `side` numbers high and wide. Each invocation keeps 8 x 8 of them in registers,
// as four squares of 4 x 4 that lie half a tile apart: so neighbours read neighbouring
// vectors of shared memory. Along k the operands come in slices of 16: the next slice is
// under way from memory while the one before is multiplied.
layout(local_size_x_id = 0) in;                 // (side / 8)^2
layout(constant_id = 1) const int side = 64;    // 64 or 128
layout(constant_id = 2) const bool trans_a = false;
layout(constant_id = 3) const bool trans_b = false;
layout(constant_id = 4) const bool whole_ab = false; // A and B can be read in vectors of four
layout(constant_id = 5) const bool whole_c = false;  // and C, bias and GELU written so
layout(constant_id = 6) const bool with_gelu = false; // GELU of C is wanted, too
layout(constant_id = 7) const bool unroll = true;    // a slice; slow to compile for a processor

layout(push_constant) uniform Push {
    Floats a, b, c, bias, gelu;
    int m, n, k, lda, ldb, ldc;
    // Product z is that of head z % heads of sequence z / heads; steps from one to the next.
    int heads, a_sequence, a_head, b_sequence, b_head, c_sequence, c_head;
    int split;  // k a product, where z cuts the sum; 0: all of it
    int causal; // 1: C is wanted up to its diagonal; 2: A is lower triangular; 3: A^T is
    int flags;  // 1: add to C, 2: there is a bias
};

const int deep = 16;
const int stride = side / 4 + 1; // of a row of a slice, in vectors; one more for the banks
const int threads = side * side / 64;
const int loads = side * deep / 4 / threads; // vectors an invocation fetches of each operand

shared vec4 slice_a[deep * stride];
shared vec4 slice_b[deep * stride];

vec4 fetch(Floats from, bool whole, int at, int valid) {
    if (valid <= 0) return vec4(0.0);
    if (whole) return Vectors(from).at[at >> 2];
    const int last = at + valid - 1; // what lies behind it is read again and thrown away
    const vec4 v = vec4(from.at[at], from.at[min(at + 1, last)], from.at[min(at + 2, last)],
                        from.at[min(at + 3, last)]);
    return mix(vec4(0.0), v, lessThan(ivec4(0, 1, 2, 3), ivec4(valid)));
}

// Four numbers of an operand whose side along C is `first`..., of `count`: along k where its
// rows are C's (or columns C's), else along C.
vec4 fetch_slice(Floats from, int base, bool along_k, bool whole, int load, int first, int count,
                 int k0, int k_end, int ld) {
    const int i = int(gl_LocalInvocationID.x) + load * threads;
    if (along_k) {
        const int row = first + i / 4, l = k0 + i % 4 * 4;
        return fetch(from, whole, base + row * ld + l, row < count ? k_end - l : 0);
    }
    const int l = k0 + i / (side / 4), column = first + i % (side / 4) * 4;
    return fetch(from, whole, base + l * ld + column, l < k_end ? count - column : 0);
}

// What was fetched goes to shared memory, rows of a slice being numbers of the same k.
void keep_slice(vec4 from_a[4], vec4 from_b[4]) {
    [[unroll]] for (int load = 0; load < loads; ++load) {
        const int i = int(gl_LocalInvocationID.x) + load * threads;
        const int row = i / 4, l = i % 4 * 4; // where the vector lies along k
        const int at = i / (side / 4) * stride + i % (side / 4);
        if (!trans_a) {
            [[unroll]] for (int j = 0; j < 4; ++j)
                slice_a[(l + j) * stride + row / 4][row % 4] = from_a[load][j];
        } else {
            slice_a[at] = from_a[load];
        }
        if (trans_b) {
            [[unroll]] for (int j = 0; j < 4; ++j)
                slice_b[(l + j) * stride + row / 4][row % 4] = from_b[load][j];
        } else {
            slice_b[at] = from_b[load];
        }
    }
}

void main() {
    const int me = int(gl_LocalInvocationID.x);
    const int row0 = int(gl_WorkGroupID.y) * side, column0 = int(gl_WorkGroupID.x) * side;
    const int z = int(gl_WorkGroupID.z);
    if (causal == 1 && column0 >= row0 + side) return;
    int k_begin = causal == 3 ? row0 : 0;
    int k_end = causal == 2 ? min(k, row0 + side) : k;
    const int sequence = z / heads, head = z % heads;
    const int shift_a = sequence * a_sequence + head * a_head;
    const int shift_b = sequence * b_sequence + head * b_head;
    const int shift_c = sequence * c_sequence + head * c_head;
    if (split > 0) {
        k_begin = z * split;
        k_end = min(k, k_begin + split);
    }

    vec4 sums[8][2];
    [[unroll]] for (int i = 0; i < 8; ++i) sums[i][0] = sums[i][1] = vec4(0.0);
    vec4 next_a[4], next_b[4];
    const int tx = me % (side / 8), ty = me / (side / 8);

    // What stands before the first slice only fetches it.
    for (int k0 = k_begin - deep; k0 < k_end; k0 += deep) {
        if (k0 >= k_begin) {
            barrier();
            keep_slice(next_a, next_b);
            barrier();
        }
        if (k0 + deep < k_end) {
            [[unroll]] for (int i = 0; i < loads; ++i) {
                next_a[i] =
                    fetch_slice(a, shift_a, !trans_a, whole_ab, i, row0, m, k0 + deep, k_end, lda);
                next_b[i] =
                    fetch_slice(b, shift_b, trans_b, whole_ab, i, column0, n, k0 + deep, k_end, ldb);
            }
        }
        if (k0 < k_begin) continue;
        const int depth = unroll ? deep : min(deep, k_end - k0);
        for (int l = 0; l < depth; ++l) {
            const vec4 a0 = slice_a[l * stride + ty], a1 = slice_a[l * stride + side / 8 + ty];
            const vec4 b0 = slice_b[l * stride + tx], b1 = slice_b[l * stride + side / 8 + tx];
            [[unroll]] for (int i = 0; i < 4; ++i) {
                sums[i][0] += a0[i] * b0;
                sums[i][1] += a0[i] * b1;
                sums[i + 4][0] += a1[i] * b0;
                sums[i + 4][1] += a1[i] * b1;
            }
        }
    }

    [[unroll]] for (int i = 0; i < 8; ++i) {
        const int row = row0 + i / 4 * (side / 2) + ty * 4 + i % 4;
        if (row >= m) continue;
        [[unroll]] for (int half_tile = 0; half_tile < 2; ++half_tile) {
            const int column = column0 + half_tile * (side / 2) + tx * 4;
            const int at = shift_c + row * ldc + column;
            vec4 v = sums[i][half_tile];
            if (whole_c) {
                if (column >= n) continue;
                if ((flags & 1) != 0) v += Vectors(c).at[at >> 2];
                if ((flags & 2) != 0) v += Vectors(bias).at[column >> 2];
                Vectors(c).at[at >> 2] = v;
                if (with_gelu) {
                    Vectors(gelu).at[at >> 2] =
                        vec4(gelu_of(v.x), gelu_of(v.y), gelu_of(v.z), gelu_of(v.w));
                }
                continue;
            }
            [[unroll]] for (int j = 0; j < 4; ++j) {
                if (column + j >= n) break;
                float x = v[j];
                if ((flags & 1) != 0) x += c.at[at + j];
                if ((flags & 2) != 0) x += bias.at[column + j];
                c.at[at + j] = x;
                if (with_gelu) gelu.at[at + j] = gelu_of(x);
            }
        }
    }
}
