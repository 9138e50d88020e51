#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// centre[b, h, t] = dO . O of that row and head: what the softmax subtracts from a gradient.
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats attended, d_attended, centre;
    int n, time, heads, size; // n: of centres
};

void main() {
    for (int i = first_number(); i < n; i += all_numbers(128)) {
        const int h = i % heads, row = i / heads; // neighbours read one row
        float sum = 0.0;
        for (int d = 0; d < size; ++d) {
            const int at = (row * heads + h) * size + d;
            sum += d_attended.at[at] * attended.at[at];
        }
        centre.at[(row / time * heads + h) * time + row % time] = sum;
    }
}
