#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// Rotary positions (Su et al. 2021), what Rotation of device.h says: an invocation a pair.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
    Floats x, turns;
    Ints position;
    Floats y;
    int rows, width, size, time, ldx, ldy, flags;
};

void main() {
    const bool turned = (flags & 1) != 0, listed = (flags & 2) != 0;
    const bool back = (flags & 4) != 0, fresh = (flags & 8) != 0;
    // Without turns a row is copied as it is, whatever its heads: as pairs of neighbours.
    const int head = turned ? size : width, pairs = (width + 1) / 2, half_size = (head + 1) / 2;
    for (int i = first_number(); i < rows * pairs; i += all_numbers(256)) {
        const int r = i / pairs, pair = i % pairs;
        const int first = pair / half_size * head + pair % half_size, second = first + half_size;
        const int from = r * ldx, to = r * ldy;
        float a = x.at[from + first], b = second < width ? x.at[from + second] : 0.0;
        if (turned) {
            const int at = (listed ? position.at[r] : r % time) * size + pair % half_size;
            const float cosine = turns.at[at];
            const float sine = back ? -turns.at[at + half_size] : turns.at[at + half_size];
            const float turned_a = a * cosine - b * sine;
            b = b * cosine + a * sine;
            a = turned_a;
        }
        if (!fresh) {
            a += y.at[to + first];
            if (second < width) b += y.at[to + second];
        }
        y.at[to + first] = a;
        if (second < width) y.at[to + second] = b;
    }
}
