#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// d[i] (+)= the sum over chunks of x[chunk * stride + i], in order
layout(local_size_x = 64) in;
layout(push_constant) uniform Push { Floats x, d; int n, chunks, stride; uint fresh; };

void main() {
    for (int i = first_number(); i < n; i += all_numbers(64)) {
        float total = 0.0;
        for (int chunk = 0; chunk < chunks; ++chunk) total += x.at[chunk * stride + i];
        d.at[i] = fresh != 0 ? total : d.at[i] + total;
    }
}
