#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "attention_tile.glsl"
// The gradients of 64 keys and values of one head, as attention_grad_queries.comp makes those
// of the queries: the rows of a tile are the keys, and it is the queries that come one tile
// after the other, of each head that shares the keys.
//   dv = sum of p dO,  dk = sum of ds q
layout(push_constant) uniform Push {
    Floats qkv, lse, centre, d_attended, d_qkv;
    int lines, time, heads, kv_heads, size; // lines: batch * kv_heads
    float factor;
    int fresh;
};

// Numbers of a row of qkv: of all heads' queries, of their keys, of their values.
int row_width() { return (heads + 2 * kv_heads) * size; }

void main() {
    const int k0 = int(gl_WorkGroupID.x) * side, group = heads / kv_heads;
    const int column0 = int(gl_WorkGroupID.z) * 16 * per;
    for (int line = int(gl_WorkGroupID.y); line < lines; line += int(gl_NumWorkGroups.y)) {
        const int b = line / kv_heads, first = line % kv_heads * group;
        const int at = b * time * row_width(), key = at + (heads + line % kv_heads) * size;
        const int value = key + kv_heads * size;
        Rows keys = Rows(qkv, key, row_width(), time);
        Rows values = Rows(qkv, value, row_width(), time);

        vec4 dk[8], dv[8];
        [[unroll]] for (int i = 0; i < 8; ++i) dk[i] = dv[i] = vec4(0.0);
        for (int h = first; h < first + group; ++h) {
            Rows queries = Rows(qkv, at + h * size, row_width(), time);
            Rows outer = Rows(d_attended, (b * time * heads + h) * size, heads * size, time);
            for (int q0 = k0; q0 < time; q0 += side) {
                vec4 p[8], ds[8];
                vec4 shift, middle; // of the columns
                [[unroll]] for (int c = 0; c < 4; ++c) {
                    const int column = min(q0 + 4 * tx() + c, time - 1);
                    shift[c] = lse.at[(b * heads + h) * time + column];
                    middle[c] = centre.at[(b * heads + h) * time + column];
                }
                products(keys, k0, queries, q0, size, p);
                [[unroll]] for (int i = 0; i < 8; ++i) {
                    [[unroll]] for (int c = 0; c < 4; ++c)
                        p[i][c] = probability(p[i][c], factor, shift[c], q0 + 4 * tx() + c,
                                              k0 + row_of(i), time);
                }
                keep(p);
                weigh(outer, q0, column0, size, dv);
                products(values, k0, outer, q0, size, ds);
                [[unroll]] for (int i = 0; i < 8; ++i) ds[i] = factor * p[i] * (ds[i] - middle);
                keep(ds);
                weigh(queries, q0, column0, size, dk);
            }
        }
        store(dk, Rows(d_qkv, key, row_width(), time), k0, column0, size, fresh != 0);
        store(dv, Rows(d_qkv, value, row_width(), time), k0, column0, size, fresh != 0);
    }
}
