#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// y = f(a, b); `function` is Zip of device.h
layout(constant_id = 0) const uint function = 0;
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats a, b, y; int n; };

float f(float u, float v) {
    switch (function) {
    case 0: return u + v;
    case 1: return u - v;
    case 2: return u * v;
    default: return v < u ? v : u;
    }
}

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) y.at[i] = f(a.at[i], b.at[i]);
}
