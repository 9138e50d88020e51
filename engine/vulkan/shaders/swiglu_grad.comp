#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
// With s = sigmoid(gate): dgate (+)= dy up (s + gate s (1 - s)), dup (+)= dy gate s
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
    Floats gate, up, dy, dgate, dup;
    int n;
    uint fresh_gate, fresh_up;
};

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        const float g = gate.at[i], s = sigmoid_of(g), slope = dy.at[i];
        const float for_gate = slope * up.at[i] * (s + g * s * (1.0 - s));
        const float for_up = slope * g * s;
        dgate.at[i] = fresh_gate != 0 ? for_gate : dgate.at[i] + for_gate;
        dup.at[i] = fresh_up != 0 ? for_up : dup.at[i] + for_up;
    }
}
