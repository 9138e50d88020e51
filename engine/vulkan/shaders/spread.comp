#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// d (+)= y[0], everywhere
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats y, d; int n; uint fresh; };

void main() {
    const float value = y.at[0];
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        d.at[i] = fresh != 0 ? value : d.at[i] + value;
    }
}
