#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
#include "pages.glsl"
// One row and head a work group, over the positions of its sequence up to its own, 128 at a
// time. An invocation makes the score of one position; then it adds up the values of each
// fourth position for four columns, 32 apart. The softmax runs along as in attention.comp.
layout(local_size_x = 128) in;

shared float weights[128];
shared vec4 of_part[128];

void main() {
    const int me = int(gl_LocalInvocationID.x), lane = me % 32, part = me / 32;
    const int h = int(gl_WorkGroupID.x), head = h / (heads / kv_heads) * size * page_positions;
    const int column0 = int(gl_WorkGroupID.z) * 128;
    for (int r = int(gl_WorkGroupID.y); r < rows; r += int(gl_NumWorkGroups.y)) {
        const int count = position.at[r] + 1, query = r * row_width() + h * size;
        float top = -1e30, total = 0.0;
        vec4 sums = vec4(0.0);
        for (int begin = 0; begin < count; begin += 128) {
            const int at = begin + me;
            float score = -1e30;
            if (at < count) {
                const int key = page_of(r, at) + keys + head + at % page_positions;
                score = 0.0;
                for (int d = 0; d < size; ++d)
                    score += qkv.at[query + d] * memory.at[key + d * page_positions];
                score *= factor;
            }
            const float now = max(top, group_max(score)), shrink = exp(top - now);
            top = now;
            weights[me] = at < count ? exp(score - now) : 0.0;
            total = total * shrink + weights[me];
            sums *= shrink;
            barrier();
            for (int i = part; i < min(128, count - begin); i += 4) {
                const int row = begin + i;
                const int value = page_of(r, row) + values + head + row % page_positions * size;
                [[unroll]] for (int c = 0; c < 4; ++c) {
                    const int d = column0 + lane + 32 * c;
                    if (d < size) sums[c] += weights[i] * memory.at[value + d];
                }
            }
            barrier();
        }
        total = group_sum(total);
        of_part[me] = sums;
        barrier();
        const int d = column0 + me; // an invocation a column
        if (d < size) {
            float sum = 0.0;
            for (int p = 0; p < 4; ++p) sum += of_part[32 * p + lane][part];
            attended.at[(r * heads + h) * size + d] = sum / total;
        }
        barrier();
    }
}
