#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// p = softmax(x) of each row, and what `kind` makes of it (lse is the log-sum-exp of x):
//   0: y = weight (lse - x[target]); nothing of a row of weight 0 is looked at
//   1: y = x[target] - lse
//   2: y = lse - sum p x, the entropy; lse is kept
layout(constant_id = 0) const uint kind = 0;
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats x, p, kept_lse, y;
    Ints targets;
    Floats weights;
    int rows, classes;
    uint keeps_lse;
};

void main() {
    const int me = int(gl_LocalInvocationID.x);
    for (int r = int(gl_WorkGroupID.x); r < rows; r += int(gl_NumWorkGroups.x)) {
        const int row = r * classes;
        if (kind == 0 && weights.at[r] == 0.0) {
            if (me == 0) y.at[r] = 0.0;
            continue;
        }
        float top = -1.0 / 0.0;
        for (int i = me; i < classes; i += 128) top = max(top, x.at[row + i]);
        top = group_max(top);
        float total = 0.0;
        for (int i = me; i < classes; i += 128) total += exp(x.at[row + i] - top);
        total = group_sum(total);
        float product = 0.0; // p . x
        for (int i = me; i < classes; i += 128) {
            const float value = x.at[row + i], q = exp(value - top) / total;
            p.at[row + i] = q;
            product += q * value;
        }
        if (kind == 2) product = group_sum(product);
        if (me != 0) continue;
        const float lse = top + log(total);
        if (keeps_lse != 0) kept_lse.at[r] = lse;
        if (kind == 0) y.at[r] = weights.at[r] * (lse - x.at[row + targets.at[r]]);
        if (kind == 1) y.at[r] = x.at[row + targets.at[r]] - lse;
        if (kind == 2) y.at[r] = lse - product;
    }
}
