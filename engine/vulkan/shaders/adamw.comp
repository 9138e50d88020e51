#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// AdamW (Loshchilov & Hutter 2019), as Kernels::adamw
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
    Floats p, g, m, v;
    int n;
    float grad_scale, rate, beta1, beta2, eps, decay, correct1, correct2;
};

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        const float grad = grad_scale * g.at[i];
        const float first = beta1 * m.at[i] + (1.0 - beta1) * grad;
        const float second = beta2 * v.at[i] + (1.0 - beta2) * grad * grad;
        m.at[i] = first;
        v.at[i] = second;
        const float change = first / correct1 / (sqrt(second / correct2) + eps);
        p.at[i] -= rate * (change + decay * p.at[i]);
    }
}
