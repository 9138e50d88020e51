#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// dx (+)= dy[0] factor weight off
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats off, weights, dy, dx; int n; float factor; uint fresh; };

void main() {
    const float all = dy.at[0] * factor;
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        const float d = all * weights.at[i] * off.at[i];
        dx.at[i] = fresh != 0 ? d : dx.at[i] + d;
    }
}
