#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// x = value
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats x; int n; float value; };

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) x.at[i] = value;
}
