#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "functions.glsl"
// off = sigmoid(x) - label; terms = weight (softplus(x) - label x)
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Floats x, off, terms, labels, weights; int n; };

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        const float value = x.at[i], label = labels.at[i];
        off.at[i] = sigmoid_of(value) - label;
        terms.at[i] = weights.at[i] * (softplus_of(value) - label * value);
    }
}
