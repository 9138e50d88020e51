#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "attention_tile.glsl"
// The gradients of 64 keys and values of one head, as attention_grad_queries.comp makes those
// of the queries: the rows of a tile are the keys, and it is the queries that come one tile
// after the other.
//   dv = sum of p dO,  dk = sum of ds q
layout(push_constant) uniform Push {
    Floats qkv, lse, centre, d_attended, d_qkv;
    int lines, time, heads, width, size;
    float factor;
    int fresh;
};

void main() {
    const int k0 = int(gl_WorkGroupID.x) * side;
    const int column0 = int(gl_WorkGroupID.z) * 16 * per;
    for (int line = int(gl_WorkGroupID.y); line < lines; line += int(gl_NumWorkGroups.y)) {
        const int b = line / heads, h = line % heads;
        const int at = b * time * 3 * width + h * size;
        Rows queries = Rows(qkv, at, 3 * width, time);
        Rows keys = Rows(qkv, at + width, 3 * width, time);
        Rows values = Rows(qkv, at + 2 * width, 3 * width, time);
        Rows outer = Rows(d_attended, b * time * width + h * size, width, time);

        vec4 dk[8], dv[8];
        [[unroll]] for (int i = 0; i < 8; ++i) dk[i] = dv[i] = vec4(0.0);
        for (int q0 = k0; q0 < time; q0 += side) {
            vec4 p[8], ds[8];
            vec4 shift, middle; // of the columns
            [[unroll]] for (int c = 0; c < 4; ++c) {
                const int column = min(q0 + 4 * tx() + c, time - 1);
                shift[c] = lse.at[line * time + column];
                middle[c] = centre.at[line * time + column];
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
        store(dk, Rows(d_qkv, at + width, 3 * width, time), k0, column0, size, fresh != 0);
        store(dv, Rows(d_qkv, at + 2 * width, 3 * width, time), k0, column0, size, fresh != 0);
    }
}
