#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// Layer norm (Ba et al. 2016): a work group a row
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats x, gain, bias, y, mean, rstd;
    int rows, width;
    float eps;
};

void main() {
    const int me = int(gl_LocalInvocationID.x);
    for (int r = int(gl_WorkGroupID.x); r < rows; r += int(gl_NumWorkGroups.x)) {
        const int row = r * width;
        float total = 0.0;
        for (int i = me; i < width; i += 128) total += x.at[row + i];
        const float centre = group_sum(total) / float(width);
        float squares = 0.0;
        for (int i = me; i < width; i += 128) {
            const float off = x.at[row + i] - centre;
            squares += off * off;
        }
        const float inverse = inversesqrt(group_sum(squares) / float(width) + eps);
        for (int i = me; i < width; i += 128) {
            y.at[row + i] = (x.at[row + i] - centre) * inverse * gain.at[i] + bias.at[i];
        }
        if (me == 0) {
            mean.at[r] = centre;
            rstd.at[r] = inverse;
        }
    }
}
