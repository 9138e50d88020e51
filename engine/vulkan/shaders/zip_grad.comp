#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// y = a b:        da (+)= dy b, db (+)= dy a
// y = min(a, b):  dy goes to the smaller one, to a on a tie
layout(constant_id = 0) const uint function = 2; // Zip of device.h: mul or minimum
layout(constant_id = 1) const uint second = 0;   // of b
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats a, b, dy, d; int n; uint fresh; };

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        float slope;
        if (function == 2) {
            slope = second != 0 ? a.at[i] : b.at[i];
        } else {
            slope = (b.at[i] < a.at[i]) == (second != 0) ? 1.0 : 0.0;
        }
        const float before = fresh != 0 ? 0.0 : d.at[i];
        d.at[i] = before + dy.at[i] * slope;
    }
}
