#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// y = x, bit for bit: as floating-point numbers, what a GPU takes for denormals (a small
// integer, say) may become 0.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Ints x, y; int n; };

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) y.at[i] = x.at[i];
}
