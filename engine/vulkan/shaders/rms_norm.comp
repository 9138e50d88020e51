#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// RMS norm (Zhang & Sennrich 2019): a work group a group of numbers
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats x, gain, y, rstd;
    int rows, groups, width, stride;
    float eps;
};

void main() {
    const int me = int(gl_LocalInvocationID.x);
    for (int g = int(gl_WorkGroupID.x); g < rows * groups; g += int(gl_NumWorkGroups.x)) {
        const int row = g / groups * stride + g % groups * width;
        float squares = 0.0;
        for (int i = me; i < width; i += 128) squares += x.at[row + i] * x.at[row + i];
        const float inverse = inversesqrt(group_sum(squares) / float(width) + eps);
        for (int i = me; i < width; i += 128) {
            y.at[row + i] = x.at[row + i] * inverse * gain.at[i];
        }
        if (me == 0) rstd.at[g] = inverse;
    }
}
