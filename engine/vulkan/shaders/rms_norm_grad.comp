#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// With xhat = x rstd and g = dy gain:
//   dx (+)= rstd (g - xhat average(g xhat)): a work group a row
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats x, gain, dy, rstd, dx;
    int rows, width;
    uint fresh;
};

void main() {
    const int me = int(gl_LocalInvocationID.x);
    for (int r = int(gl_WorkGroupID.x); r < rows; r += int(gl_NumWorkGroups.x)) {
        const int row = r * width;
        const float inverse = rstd.at[r];
        float total = 0.0;
        for (int i = me; i < width; i += 128) {
            total += dy.at[row + i] * gain.at[i] * x.at[row + i] * inverse;
        }
        const float average = group_sum(total) / float(width);
        for (int i = me; i < width; i += 128) {
            const float g = dy.at[row + i] * gain.at[i];
            const float before = fresh != 0 ? 0.0 : dx.at[row + i];
            dx.at[row + i] = before + inverse * (g - x.at[row + i] * inverse * average);
        }
    }
}
