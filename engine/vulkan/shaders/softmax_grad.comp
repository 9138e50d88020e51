#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// dx (+)=, for what `kind` made of a row (softmax.comp):
//   0: dy[0] factor weight (p - onehot(target))
//   1: dy (onehot(target) - p)
//   2: -dy p (x - lse + y)
layout(constant_id = 0) const uint kind = 0;
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
    Floats p, x, lse, y, dy, dx;
    Ints targets;
    Floats weights;
    int n, classes;
    float factor;
    uint fresh;
};

void main() {
    for (int i = first_number(); i < n; i += all_numbers(256)) {
        const int r = i / classes, column = i % classes;
        float d = 0.0;
        if (kind == 0) {
            const float weight = weights.at[r];
            if (weight != 0.0) {
                d = dy.at[0] * factor * weight *
                    (p.at[i] - (column == targets.at[r] ? 1.0 : 0.0));
            }
        } else if (kind == 1) {
            d = dy.at[r] * ((column == targets.at[r] ? 1.0 : 0.0) - p.at[i]);
        } else {
            d = -dy.at[r] * p.at[i] * (x.at[i] - lse.at[r] + y.at[r]);
        }
        dx.at[i] = fresh != 0 ? d : dx.at[i] + d;
    }
}
