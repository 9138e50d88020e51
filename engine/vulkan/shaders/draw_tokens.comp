#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_sum.glsl"
// A token from each draw's row of logits (gpt/sampling.h), a work group a draw.
//
// The likeliest k tokens, or those that together reach p, are found without sorting. Weights
// are not negative, so they are ordered as their bits are: the smallest weight that is still
// kept is found bit by bit, from the highest, by adding up what is at least as large. Of
// tokens with just that weight the ones with the smallest numbers are kept, and how many is
// found in the same way.
layout(local_size_x = 128) in;
// One invocation reads what others of its group have written.
layout(buffer_reference, std430, buffer_reference_align = 4) coherent buffer Weights { float at[]; };
layout(push_constant) uniform Push {
    Floats logits, uniforms, temperatures, top_ps, tokens, log_probs;
    Weights weights;
    Ints rows, top_ks;
    int vocab, classes;
};

shared uint shared_best;
shared float of_chunk[128];

int me() { return int(gl_LocalInvocationID.x); }

// Of the tokens whose weight's bits are at least `least`, with those of just `least` only up
// to number `last`: how many they are, or what they weigh.
float kept(int at, uint least, int last, bool weigh) {
    float total = 0.0;
    for (int i = me(); i < classes; i += 128) {
        const float w = weights.at[at + i];
        const uint bits = floatBitsToUint(w);
        if (bits > least || (bits == least && i <= last)) total += weigh ? w : 1.0;
    }
    return group_sum(total);
}

// Sets all weights to 0 but those of the likeliest tokens: the fewest that count or weigh
// `enough`.
void restrict_to(int at, float enough, bool weigh) {
    uint least = 0;
    for (int bit = 30; bit >= 0; --bit) {
        const uint more = least | 1u << bit;
        if (kept(at, more, classes, weigh) >= enough) least = more;
    }
    int last = 0; // the largest number that is not enough, then one more
    for (int bit = 30; bit >= 0; --bit) {
        const int more = last | 1 << bit;
        if (more <= classes && kept(at, least, more - 1, weigh) < enough) last = more;
    }
    barrier();
    for (int i = me(); i < classes; i += 128) {
        const uint bits = floatBitsToUint(weights.at[at + i]);
        if (bits < least || (bits == least && i > last)) weights.at[at + i] = 0.0;
    }
    barrier();
}

// The first of the largest logits.
int likeliest(int row, float top) {
    if (me() == 0) shared_best = classes;
    barrier();
    for (int i = me(); i < classes; i += 128)
        if (logits.at[row + i] == top) atomicMin(shared_best, uint(i));
    barrier();
    return min(int(shared_best), classes - 1);
}

void main() {
    const int draw = int(gl_WorkGroupID.x), row = rows.at[draw] * vocab, at = draw * classes;
    const float temperature = temperatures.at[draw];
    float top = -1.0 / 0.0;
    for (int i = me(); i < classes; i += 128) top = max(top, logits.at[row + i]);
    top = group_max(top);
    float total = 0.0;
    for (int i = me(); i < classes; i += 128) total += exp(logits.at[row + i] - top);
    const float log_sum = top + log(group_sum(total));

    int token = likeliest(row, top);
    if (temperature > 0.0) {
        total = 0.0;
        for (int i = me(); i < classes; i += 128) {
            const float w = exp((logits.at[row + i] - top) / temperature);
            weights.at[at + i] = w;
            total += w;
        }
        total = group_sum(total);
        if (top_ks.at[draw] > 0 && top_ks.at[draw] < classes) {
            restrict_to(at, float(top_ks.at[draw]), false);
            total = kept(at, 1, classes, true);
        }
        if (top_ps.at[draw] < 1.0) restrict_to(at, top_ps.at[draw] * total, true);

        memoryBarrierBuffer();
        barrier();
        // The token under which the random number lies: first its chunk, then itself.
        const int chunk = (classes + 127) / 128, begin = me() * chunk;
        float mine = 0.0;
        for (int i = begin; i < min(classes, begin + chunk); ++i) mine += weights.at[at + i];
        of_chunk[me()] = mine;
        barrier();
        if (me() == 0) {
            total = 0.0;
            for (int c = 0; c < 128; ++c) total += of_chunk[c];
            float left = uniforms.at[draw] * total;
            int c = 0;
            while (c < 127 && left >= of_chunk[c]) left -= of_chunk[c++];
            for (int i = c * chunk; i < classes; ++i) {
                const float w = weights.at[at + i];
                if (left < w) {
                    token = i;
                    break;
                }
                left -= w;
            }
        }
    }
    if (me() == 0) {
        tokens.at[draw] = float(token);
        log_probs.at[draw] = logits.at[row + token] - log_sum;
    }
}
