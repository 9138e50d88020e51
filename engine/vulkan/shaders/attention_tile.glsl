// What attention's shaders share: a tile of 64 x 64 scores, made of the rows of two tensors
// and used as weights for the rows of a third.
//
// A work group has 128 invocations. Each keeps 8 rows and 4 columns of the tile in registers:
// rows 4 ty to 4 ty + 3 and the same 32 further down, columns 4 tx to 4 tx + 3. Operands
// pass through shared memory in slices, and the next slice is on its way while one is
// multiplied.
layout(local_size_x = 128) in;
layout(constant_id = 0) const int per = 4;        // columns of a result to an invocation: 1, 2, 4
layout(constant_id = 1) const bool whole = false; // rows can be read in vectors of four
layout(constant_id = 2) const bool unroll = true; // slices; slow to compile for a processor

#include "slices.glsl"

const int side = 64;
const int deep = 8;              // numbers of a head a slice of products(), half of weigh()'s
const int stride = side / 4 + 1; // of a slice's row, in vectors; one more for the banks
const int slice = 2 * deep * stride;
const float never = -1e30; // a score behind the diagonal

shared vec4 slices[2 * slice]; // the one that is multiplied, and the next
shared vec4 tile[side * stride];

// The rows of one head in a tensor: row r begins at `at + r * ld`, of `count` rows.
struct Rows {
    Floats from;
    int at, ld, count;
};

// Of 32 neighbours, 8 stand along the columns and 4 along the rows: they read the fewest
// different vectors.
int tx() { return int(gl_LocalInvocationID.x) / 32 % 2 * 8 + int(gl_LocalInvocationID.x) % 8; }
int ty() { return int(gl_LocalInvocationID.x) / 64 * 4 + int(gl_LocalInvocationID.x) / 8 % 4; }
int row_of(int i) { return i / 4 * 32 + 4 * ty() + i % 4; } // of the tile, i in [0, 8)

// s[i][c] = x[x0 + row i] . y[y0 + column c], over `size` numbers
void products(Rows x, int x0, Rows y, int y0, int size, out vec4 s[8]) {
    const int row = int(gl_LocalInvocationID.x) / 2, l0 = int(gl_LocalInvocationID.x) % 2 * 4;
    const int x_at = x.at + (x0 + row) * x.ld + l0, y_at = y.at + (y0 + row) * y.ld + l0;
    [[unroll]] for (int i = 0; i < 8; ++i) s[i] = vec4(0.0);
    for (int d0 = -deep, turn = 1; d0 < size; d0 += deep, turn = 1 - turn) {
        const bool more = d0 + deep < size; // the first round only fetches
        vec4 next_x, next_y;
        if (more) {
            const int d = d0 + deep, valid = size - d - l0;
            next_x = fetch(x.from, whole, x_at + d, x0 + row < x.count ? valid : 0);
            next_y = fetch(y.from, whole, y_at + d, y0 + row < y.count ? valid : 0);
        }
        if (d0 >= 0) {
            const int depth = unroll ? deep : min(deep, size - d0);
            const int at = turn * slice;
            for (int l = 0; l < depth; ++l) {
                const vec4 a0 = slices[at + l * stride + ty()];
                const vec4 a1 = slices[at + l * stride + 8 + ty()];
                const vec4 b = slices[at + (deep + l) * stride + tx()];
                [[unroll]] for (int i = 0; i < 4; ++i) {
                    s[i] += a0[i] * b;
                    s[i + 4] += a1[i] * b;
                }
            }
        }
        if (more) {
            const int at = (1 - turn) * slice + row / 4;
            [[unroll]] for (int j = 0; j < 4; ++j) {
                slices[at + (l0 + j) * stride][row % 4] = next_x[j];
                slices[at + (deep + l0 + j) * stride][row % 4] = next_y[j];
            }
        }
        barrier();
    }
}

// The tile for weigh(). Between two calls lies one of products(), whose barriers part them;
// weigh() begins with one.
void keep(vec4 s[8]) {
    [[unroll]] for (int c = 0; c < 4; ++c) {
        const int at = (4 * tx() + c) * stride + ty();
        tile[at] = vec4(s[0][c], s[1][c], s[2][c], s[3][c]);
        tile[at + 8] = vec4(s[4][c], s[5][c], s[6][c], s[7][c]);
    }
}

// o += tile y, for 16 per columns of y from `column0` on: o[2 c] and o[2 c + 1] hold column
// per tx + c, rows 4 ty... and 32 + 4 ty...
void weigh(Rows y, int y0, int column0, int size, inout vec4 o[8]) {
    const int me = int(gl_LocalInvocationID.x), column = me % 16 * 4;
    const int valid = column < 16 * per ? size - column0 - column : 0;
    const int y_at = y.at + column0 + column;
    const int rows = min(side, y.count - y0);
    for (int k0 = -2 * deep, turn = 1; k0 < rows; k0 += 2 * deep, turn = 1 - turn) {
        const bool more = k0 + 2 * deep < rows;
        vec4 next[2];
        if (more) {
            [[unroll]] for (int load = 0; load < 2; ++load) {
                const int row = y0 + k0 + 2 * deep + me / 16 + 8 * load;
                next[load] = fetch(y.from, whole, y_at + row * y.ld, row < y.count ? valid : 0);
            }
        }
        if (k0 >= 0) {
            const int depth = unroll ? 2 * deep : min(2 * deep, rows - k0);
            for (int l = 0; l < depth; ++l) {
                const int at = turn * slice + l * stride;
                const vec4 p0 = tile[(k0 + l) * stride + ty()];
                const vec4 p1 = tile[(k0 + l) * stride + 8 + ty()];
                vec4 v;
                if (per == 4) v = slices[at + tx()];
                if (per == 2) v.xy = tx() % 2 == 0 ? slices[at + tx() / 2].xy : slices[at + tx() / 2].zw;
                if (per == 1) v.x = slices[at + tx() / 4][tx() % 4];
                [[unroll]] for (int c = 0; c < 4; ++c) {
                    if (c >= per) continue;
                    o[2 * c] += p0 * v[c];
                    o[2 * c + 1] += p1 * v[c];
                }
            }
        }
        if (more) {
            [[unroll]] for (int load = 0; load < 2; ++load)
                slices[(1 - turn) * slice + (me / 16 + 8 * load) * stride + me % 16] = next[load];
        }
        barrier();
    }
}

// A result of weigh() goes to rows `x0`... of a tensor, or is added to them.
void store(vec4 o[8], Rows x, int x0, int column0, int size, bool fresh) {
    [[unroll]] for (int i = 0; i < 8; ++i) {
        const int row = x0 + row_of(i), column = column0 + per * tx();
        if (row >= x.count) continue;
        const int at = x.at + row * x.ld + column;
        if (per == 4 && whole) {
            if (column >= size) continue;
            vec4 v = vec4(o[i / 4][i % 4], o[2 + i / 4][i % 4], o[4 + i / 4][i % 4],
                          o[6 + i / 4][i % 4]);
            if (!fresh) v += Vectors(x.from).at[at >> 2];
            Vectors(x.from).at[at >> 2] = v;
            continue;
        }
        [[unroll]] for (int c = 0; c < 4; ++c) {
            if (c >= per || column + c >= size) continue;
            const float v = o[2 * c + i / 4][i % 4];
            x.from.at[at + c] = fresh ? v : x.from.at[at + c] + v;
        }
    }
}

// exp(factor s - lse) up to the diagonal; behind it, and behind the last query, 0.
float probability(float s, float factor, float lse, int query, int key, int time) {
    return key > query || query >= time ? 0.0 : exp(factor * s - lse);
}
