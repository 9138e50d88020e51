#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// Scores become p = exp(factor s - lse), and the gradient of p becomes that of the scores,
//   ds = factor p (dp - dO . O),
// both with zeros behind the diagonal as in attention_softmax.comp.
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats p, dp, lse, attended, d_attended;
    int rows, time, all_heads;
    int heads, head, sequence;
    int tile, width, size;
    float factor;
};

void main() {
    const int me = int(gl_LocalInvocationID.x);
    for (int r = int(gl_WorkGroupID.x); r < rows; r += int(gl_NumWorkGroups.x)) {
        const int t = r % time, z = r / time, row = r * time;
        const int b = sequence + z / heads, h = head + z % heads;
        const int place = (b * time + t) * width + h * size;
        float product = 0.0;
        for (int i = me; i < size; i += 128)
            product += d_attended.at[place + i] * attended.at[place + i];
        const float centre = group_sum(product);
        const float shift = lse.at[(b * all_heads + h) * time + t];
        const int end = min(time, (t / tile + 1) * tile);
        for (int i = me; i < end; i += 128) {
            const float q = i > t ? 0.0 : exp(factor * p.at[row + i] - shift);
            p.at[row + i] = q;
            dp.at[row + i] = i > t ? 0.0 : factor * q * (dp.at[row + i] - centre);
        }
    }
}
