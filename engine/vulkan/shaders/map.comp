#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
// y = f(x); `function` is Map of device.h
layout(constant_id = 0) const uint function = 0;
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats x, y; int n; float c0, c1; };

float f(float v) {
    switch (function) {
    case 0: return c0 * v;
    case 1: return v + c0;
    case 2: return exp(v);
    case 3: return log(v);
    case 4: return sigmoid_of(v);
    case 5: return softplus_of(v);
    case 6: return tanh_of(v);
    case 7: return max(v, 0.0);
    case 8: return min(max(v, c0), c1);
    default: return gelu_of(v);
    }
}

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) y.at[i] = f(x.at[i]);
}
