#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// partial[chunk] = (sums of dy xhat, sums of dy) over the chunk's rows: what gain and bias
// get. An invocation a column.
layout(local_size_x = 64) in;
layout(push_constant) uniform Push { Floats x, dy, mean, rstd, partial; int rows, width, grain; };

void main() {
    const int column = int(gl_GlobalInvocationID.x), chunk = int(gl_WorkGroupID.y);
    if (column >= width) return;
    float for_gain = 0.0, for_bias = 0.0;
    const int end = min(rows, (chunk + 1) * grain);
    for (int r = chunk * grain; r < end; ++r) {
        const float d = dy.at[r * width + column];
        for_gain += d * (x.at[r * width + column] - mean.at[r]) * rstd.at[r];
        for_bias += d;
    }
    partial.at[2 * chunk * width + column] = for_gain;
    partial.at[(2 * chunk + 1) * width + column] = for_bias;
}
