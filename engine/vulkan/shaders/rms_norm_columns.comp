#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// partial[chunk] = the sums of dy xhat over the chunk's rows: what the gain gets. An invocation a
// column.
layout(local_size_x = 64) in;
layout(push_constant) uniform Push { Floats x, dy, rstd, partial; int rows, width, grain; };

void main() {
    const int column = int(gl_GlobalInvocationID.x), chunk = int(gl_WorkGroupID.y);
    if (column >= width) return;
    float for_gain = 0.0;
    const int end = min(rows, (chunk + 1) * grain);
    for (int r = chunk * grain; r < end; ++r) {
        for_gain += dy.at[r * width + column] * x.at[r * width + column] * rstd.at[r];
    }
    partial.at[chunk * width + column] = for_gain;
}
