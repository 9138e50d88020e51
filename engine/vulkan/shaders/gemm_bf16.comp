#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_bfloat16 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int16 : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#include "common.glsl"
#include "functions.glsl"
#include "slices.glsl"
#include "product.glsl"
// C (+)= op(A) op(B) + bias by the matrix units of a GPU: what is multiplied is rounded to
// bf16, what is added up is fp32.
//
// A tile of C is cut among the subgroups of a work group, and a subgroup's share into blocks
// of `rows` x `columns`, which the matrix units multiply and add to in one instruction, `terms`
// numbers of k at a time. Slices of 32 along k lie in shared memory as they come, k along the
// lines or across: a block is read either way. The next slice is on its way in registers while
// one is multiplied.
layout(local_size_x_id = 0) in;                      // side^2 / 64
layout(constant_id = 7) const int subgroup_size = 32;
layout(constant_id = 8) const int rows = 16;         // the form of a block: what the device offers
layout(constant_id = 9) const int columns = 16;
layout(constant_id = 10) const int terms = 16;

const int deep = 32;
const int threads = side * side / 64;
const int loads = side * deep / 8 / threads; // eights an invocation fetches of each operand

// Lines of a slice in eights of 16 bytes, as blocks are read fastest, with one more for the
// banks of shared memory.
const int along_stride = deep / 8 + 1;  // k along the line: `side` lines
const int across_stride = side / 8 + 1; // k across: `deep` lines
const int stride_a = trans_a ? across_stride : along_stride;
const int stride_b = trans_b ? along_stride : across_stride;
shared uvec4 slice_a[trans_a ? deep * across_stride : side * along_stride];
shared uvec4 slice_b[trans_b ? side * along_stride : deep * across_stride];

// A subgroup's share of the tile: 64 numbers an invocation.
const int high = subgroup_size >= 32 ? 64 : 32;
const int wide = 64 * subgroup_size / high;
const int blocks_down = high / rows, blocks_across = wide / columns;
const int lanes_fours = rows * columns / 4; // vectors of four in a block
shared vec4 blocks[threads / subgroup_size * lanes_fours]; // where a subgroup unpacks one

// The place of an eight of a slice: its line, and how far along in eights.
ivec2 place_of(bool along_k, int load) {
    const int i = int(gl_LocalInvocationID.x) + load * threads;
    const int eights = along_k ? deep / 8 : side / 8;
    return ivec2(i / eights, i % eights);
}

// Half of an eight of an operand whose side along C is `first`..., of `count`.
vec4 fetch_four(Floats from, bool along_k, ivec2 place, int second, int first, int count, int k0,
                int k_end, int ld) {
    const int line = (along_k ? first : k0) + place.x;
    const int at = (along_k ? k0 : first) + 8 * place.y + 4 * second;
    const int lines = along_k ? count : k_end, valid = (along_k ? k_end : count) - at;
    return fetch(from, whole_ab, line * ld + at, line < lines ? valid : 0);
}

uint bits_of(vec2 x) { return pack32(bfloat16BitsToUintEXT(bf16vec2(x))); }
uvec4 bits_of(vec4 low, vec4 high) {
    return uvec4(bits_of(low.xy), bits_of(low.zw), bits_of(high.xy), bits_of(high.zw));
}

void main() {
    const int row0 = int(gl_WorkGroupID.y) * side, column0 = int(gl_WorkGroupID.x) * side;
    const int part = int(gl_WorkGroupID.z);
    const int k_begin = part * split, k_end = split > 0 ? min(k, k_begin + split) : k;
    const int subgroup = int(gl_SubgroupID), lane = int(gl_SubgroupInvocationID);
    const int my_row = subgroup / (side / wide) * high, my_column = subgroup % (side / wide) * wide;

    coopmat<float, gl_ScopeSubgroup, rows, columns, gl_MatrixUseAccumulator>
        sums[blocks_down][blocks_across];
    [[unroll]] for (int i = 0; i < blocks_down; ++i) {
        [[unroll]] for (int j = 0; j < blocks_across; ++j) {
            sums[i][j] =
                coopmat<float, gl_ScopeSubgroup, rows, columns, gl_MatrixUseAccumulator>(0.0);
        }
    }
    for (int k0 = k_begin - deep; k0 < k_end; k0 += deep) { // the first round only fetches
        vec4 next_a[2 * loads], next_b[2 * loads];
        const bool more = k0 + deep < k_end;
        if (more) {
            [[unroll]] for (int i = 0; i < 2 * loads; ++i) {
                next_a[i] = fetch_four(a, !trans_a, place_of(!trans_a, i / 2), i % 2, row0, m,
                                       k0 + deep, k_end, lda);
                next_b[i] = fetch_four(b, trans_b, place_of(trans_b, i / 2), i % 2, column0, n,
                                       k0 + deep, k_end, ldb);
            }
        }
        if (k0 >= k_begin) {
            [[unroll]] for (int l = 0; l < deep; l += terms) {
                coopmat<bfloat16_t, gl_ScopeSubgroup, rows, terms, gl_MatrixUseA> of_a[blocks_down];
                [[unroll]] for (int i = 0; i < blocks_down; ++i) {
                    const int row = my_row + i * rows;
                    if (trans_a) {
                        coopMatLoad(of_a[i], slice_a, l * stride_a + row / 8, stride_a,
                                    gl_CooperativeMatrixLayoutColumnMajor);
                    } else {
                        coopMatLoad(of_a[i], slice_a, row * stride_a + l / 8, stride_a,
                                    gl_CooperativeMatrixLayoutRowMajor);
                    }
                }
                [[unroll]] for (int j = 0; j < blocks_across; ++j) {
                    const int column = my_column + j * columns;
                    coopmat<bfloat16_t, gl_ScopeSubgroup, terms, columns, gl_MatrixUseB> of_b;
                    if (trans_b) {
                        coopMatLoad(of_b, slice_b, column * stride_b + l / 8, stride_b,
                                    gl_CooperativeMatrixLayoutColumnMajor);
                    } else {
                        coopMatLoad(of_b, slice_b, l * stride_b + column / 8, stride_b,
                                    gl_CooperativeMatrixLayoutRowMajor);
                    }
                    [[unroll]] for (int i = 0; i < blocks_down; ++i)
                        sums[i][j] = coopMatMulAdd(of_a[i], of_b, sums[i][j]);
                }
            }
        }
        barrier(); // the slice has been read
        if (more) {
            [[unroll]] for (int i = 0; i < loads; ++i) {
                const ivec2 of_a = place_of(!trans_a, i), of_b = place_of(trans_b, i);
                slice_a[of_a.x * stride_a + of_a.y] = bits_of(next_a[2 * i], next_a[2 * i + 1]);
                slice_b[of_b.x * stride_b + of_b.y] = bits_of(next_b[2 * i], next_b[2 * i + 1]);
            }
        }
        barrier();
    }

    // How a block lies in the registers of a subgroup is the device's own affair: so it goes by
    // way of shared memory.
    [[unroll]] for (int i = 0; i < blocks_down; ++i) {
        [[unroll]] for (int j = 0; j < blocks_across; ++j) {
            const int block = subgroup * lanes_fours;
            coopMatStore(sums[i][j], blocks, block, columns / 4,
                         gl_CooperativeMatrixLayoutRowMajor);
            subgroupBarrier();
            [[unroll]] for (int turn = 0; turn < lanes_fours / subgroup_size; ++turn) {
                const int four = turn * subgroup_size + lane;
                const int row = row0 + my_row + i * rows + four / (columns / 4);
                const int column = column0 + my_column + j * columns + four % (columns / 4) * 4;
                if (row < m) finish_four((part * m + row) * ldc + column, column, blocks[block + four]);
            }
            subgroupBarrier();
        }
    }
}
