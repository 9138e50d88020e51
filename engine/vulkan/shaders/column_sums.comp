#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// partial[chunk][column] = the sum over the chunk's rows: an invocation a column
layout(local_size_x = 64) in;
layout(push_constant) uniform Push { Floats x, partial; int rows, columns, grain; };

void main() {
    const int column = int(gl_GlobalInvocationID.x), chunk = int(gl_WorkGroupID.y);
    if (column >= columns) return;
    float total = 0.0;
    const int end = min(rows, (chunk + 1) * grain);
    for (int r = chunk * grain; r < end; ++r) total += x.at[r * columns + column];
    partial.at[chunk * columns + column] = total;
}
