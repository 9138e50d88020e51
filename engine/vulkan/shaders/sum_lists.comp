#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// y[targets[i]] += the rows of x that list i names, in order
layout(local_size_x = 64) in;
layout(push_constant) uniform Push {
    Ints targets, first, order; // list i: order[first[i]], ..., order[first[i + 1] - 1]
    Floats x, y;
    int lists, width;
};

void main() {
    const int column = int(gl_GlobalInvocationID.x);
    if (column >= width) return;
    for (int i = int(gl_WorkGroupID.y); i < lists; i += int(gl_NumWorkGroups.y)) {
        float total = 0.0;
        const int end = first.at[i + 1];
        for (int j = first.at[i]; j < end; ++j) total += x.at[order.at[j] * width + column];
        y.at[targets.at[i] * width + column] += total;
    }
}
