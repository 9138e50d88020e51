#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
// dx (+)= dy f'(x), with u = x and v = f(x) at hand; `function` is Map of device.h
layout(constant_id = 0) const uint function = 0;
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats x, y, dy, dx; int n; float c0, c1; uint fresh; };

float slope(float u, float v) {
    switch (function) {
    case 2: return v;                             // exp
    case 3: return 1.0 / u;                       // log
    case 4: return v * (1.0 - v);                 // sigmoid
    case 5: return sigmoid_of(u);                 // softplus
    case 6: return 1.0 - v * v;                   // tanh
    case 7: return u > 0.0 ? 1.0 : 0.0;           // relu
    case 8: return u < c0 || u > c1 ? 0.0 : 1.0;  // clamp
    default: return gelu_slope(u);
    }
}

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        const float before = fresh != 0 ? 0.0 : dx.at[i];
        dx.at[i] = before + dy.at[i] * slope(x.at[i], y.at[i]);
    }
}
