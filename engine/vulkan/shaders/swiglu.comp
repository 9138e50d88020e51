#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
// SwiGLU (Shazeer 2020): y = gate sigmoid(gate) up
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats gate, up, y; int rows, width, ld; };

void main() {
    for (int i = first_number(); i < rows * width; i += all_numbers(256)) {
        const int at = i / width * ld + i % width;
        const float g = gate.at[at];
        y.at[i] = g * sigmoid_of(g) * up.at[at];
    }
}
