#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// Scores become probabilities, row by row, up to the diagonal; behind it stand zeros to the
// next multiple of `tile`, which is as far as the product that comes next will look.
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats scores, lse;
    int rows, time, all_heads; // rows of this part; heads of the model
    int heads, head, sequence; // of this part: how many, its first, its first sequence
    int tile;
    float factor;
};

void main() {
    const int me = int(gl_LocalInvocationID.x);
    for (int r = int(gl_WorkGroupID.x); r < rows; r += int(gl_NumWorkGroups.x)) {
        const int t = r % time, z = r / time, row = r * time;
        float top = -1.0 / 0.0;
        for (int i = me; i <= t; i += 128) top = max(top, factor * scores.at[row + i]);
        top = group_max(top);
        float total = 0.0;
        for (int i = me; i <= t; i += 128) total += exp(factor * scores.at[row + i] - top);
        total = group_sum(total);
        const int end = min(time, (t / tile + 1) * tile);
        for (int i = me; i < end; i += 128) {
            scores.at[row + i] = i > t ? 0.0 : exp(factor * scores.at[row + i] - top) / total;
        }
        if (me == 0) {
            const int line = (sequence + z / heads) * all_heads + head + z % heads;
            lse.at[line * time + t] = top + log(total);
        }
    }
}
