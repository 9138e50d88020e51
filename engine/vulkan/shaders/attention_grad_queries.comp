#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "attention_tile.glsl"
// The gradient of 64 queries of one head. The probabilities are made again, tile by tile:
//   p = exp(factor q k - lse),  ds = factor p (dO v - centre),  dq = sum of ds k.
layout(push_constant) uniform Push {
    Floats qkv, lse, centre, d_attended, d_qkv;
    int lines, time, heads, kv_heads, size;
    float factor;
    int fresh;
};

// Numbers of a row of qkv: of all heads' queries, of their keys, of their values.
int row_width() { return (heads + 2 * kv_heads) * size; }

void main() {
    const int q0 = (int(gl_NumWorkGroups.x) - 1 - int(gl_WorkGroupID.x)) * side;
    const int column0 = int(gl_WorkGroupID.z) * 16 * per;
    for (int line = int(gl_WorkGroupID.y); line < lines; line += int(gl_NumWorkGroups.y)) {
        const int b = line / heads, h = line % heads;
        const int at = b * time * row_width(), key = heads + h / (heads / kv_heads);
        Rows queries = Rows(qkv, at + h * size, row_width(), time);
        Rows keys = Rows(qkv, at + key * size, row_width(), time);
        Rows values = Rows(qkv, at + (key + kv_heads) * size, row_width(), time);
        Rows outer = Rows(d_attended, (b * time * heads + h) * size, heads * size, time);

        float shift[8], middle[8]; // of the rows
        [[unroll]] for (int i = 0; i < 8; ++i) {
            const int row = min(q0 + row_of(i), time - 1);
            shift[i] = lse.at[line * time + row];
            middle[i] = centre.at[line * time + row];
        }
        vec4 o[8];
        [[unroll]] for (int i = 0; i < 8; ++i) o[i] = vec4(0.0);
        for (int k0 = 0; k0 <= q0; k0 += side) {
            vec4 s[8], dp[8];
            products(queries, q0, keys, k0, size, s);
            products(outer, q0, values, k0, size, dp);
            [[unroll]] for (int i = 0; i < 8; ++i) {
                [[unroll]] for (int c = 0; c < 4; ++c) {
                    const float p = probability(s[i][c], factor, shift[i], q0 + row_of(i),
                                                k0 + 4 * tx() + c, time);
                    s[i][c] = factor * p * (dp[i][c] - middle[i]);
                }
            }
            keep(s);
            weigh(keys, k0, column0, size, o);
        }
        store(o, Rows(d_qkv, at + h * size, row_width(), time), q0, column0, size, fresh != 0);
    }
}
