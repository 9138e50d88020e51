#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "attention_tile.glsl"
// Causal attention (autograd/attention.h), 64 queries of one head a work group: their scores
// are made in tiles of 64 keys, used, and forgotten. The softmax of a row runs along with the
// tiles: a larger maximum makes what was summed so far shrink, and the division by the sum
// comes last (Dao et al. 2022).
layout(push_constant) uniform Push {
    Floats qkv, attended, lse;
    int lines, time, heads, kv_heads, size; // lines: batch * heads
    float factor;
};

// Numbers of a row of qkv: of all heads' queries, of their keys, of their values.
int row_width() { return (heads + 2 * kv_heads) * size; }

// The sum or the largest over all columns of what the invocations have for their rows: the
// first four and the other four.
void over_columns(inout vec4 rows[2], bool sums) {
    slices[tx() * 16 + ty()] = rows[0];
    slices[tx() * 16 + 8 + ty()] = rows[1];
    barrier();
    [[unroll]] for (int i = 0; i < 2; ++i) {
        rows[i] = slices[8 * i + ty()];
        for (int x = 1; x < 16; ++x) {
            const vec4 other = slices[x * 16 + 8 * i + ty()];
            rows[i] = sums ? rows[i] + other : max(rows[i], other);
        }
    }
    barrier();
}

void main() {
    // The longest rows first.
    const int q0 = (int(gl_NumWorkGroups.x) - 1 - int(gl_WorkGroupID.x)) * side;
    const int column0 = int(gl_WorkGroupID.z) * 16 * per;
    for (int line = int(gl_WorkGroupID.y); line < lines; line += int(gl_NumWorkGroups.y)) {
        const int b = line / heads, h = line % heads;
        const int at = b * time * row_width(), key = heads + h / (heads / kv_heads);
        Rows queries = Rows(qkv, at + h * size, row_width(), time);
        Rows keys = Rows(qkv, at + key * size, row_width(), time);
        Rows values = Rows(qkv, at + (key + kv_heads) * size, row_width(), time);

        vec4 top[2] = vec4[2](vec4(never), vec4(never)), total[2] = vec4[2](vec4(0.0), vec4(0.0));
        vec4 o[8];
        [[unroll]] for (int i = 0; i < 8; ++i) o[i] = vec4(0.0);
        for (int k0 = 0; k0 <= q0; k0 += side) {
            vec4 s[8];
            products(queries, q0, keys, k0, size, s);
            vec4 largest[2] = top;
            [[unroll]] for (int i = 0; i < 8; ++i) {
                const ivec4 key = k0 + 4 * tx() + ivec4(0, 1, 2, 3);
                s[i] = mix(factor * s[i], vec4(never), greaterThan(key, ivec4(q0 + row_of(i))));
                const float most = max(max(s[i].x, s[i].y), max(s[i].z, s[i].w));
                largest[i / 4][i % 4] = max(largest[i / 4][i % 4], most);
            }
            over_columns(largest, false);
            [[unroll]] for (int i = 0; i < 2; ++i) {
                const vec4 shrink = exp(top[i] - largest[i]);
                top[i] = largest[i];
                total[i] *= shrink;
                [[unroll]] for (int c = 0; c < 4; ++c) o[2 * c + i] *= shrink;
            }
            [[unroll]] for (int i = 0; i < 8; ++i) {
                s[i] = exp(s[i] - top[i / 4][i % 4]);
                total[i / 4][i % 4] += s[i].x + s[i].y + s[i].z + s[i].w;
            }
            keep(s);
            weigh(values, k0, column0, size, o);
        }
        over_columns(total, true);
        [[unroll]] for (int i = 0; i < 8; ++i) o[i] /= total[i % 2];
        store(o, Rows(attended, (b * time * heads + h) * size, heads * size, time), q0, column0, size, true);
        [[unroll]] for (int i = 0; i < 8; ++i) {
            const int row = q0 + row_of(i);
            if (tx() == 0 && row < time && column0 == 0)
                lse.at[line * time + row] = top[i / 4][i % 4] + log(total[i / 4][i % 4]);
        }
    }
}
