#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// out[i] = factor * sum of chunk i of x, or of its squares: a work group a chunk
layout(constant_id = 0) const bool squares = false;
layout(local_size_x = 128) in;
layout(push_constant) uniform Push { Floats x, result; int n, chunk; float factor; };

void main() {
    const int begin = int(gl_WorkGroupID.x) * chunk, end = min(n, begin + chunk);
    float total = 0.0;
    for (int i = begin + int(gl_LocalInvocationID.x); i < end; i += 128) {
        const float value = x.at[i];
        total += squares ? value * value : value;
    }
    total = group_sum(total);
    if (gl_LocalInvocationID.x == 0) result.at[gl_WorkGroupID.x] = factor * total;
}
