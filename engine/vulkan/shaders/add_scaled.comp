#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// d (+)= alpha x
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats x, d; int n; float alpha; uint fresh; };

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        const float before = fresh != 0 ? 0.0 : d.at[i];
        d.at[i] = before + alpha * x.at[i];
    }
}
