// What the shaders of a product share: its operands, and how four numbers of C are written.
layout(constant_id = 1) const int side = 64; // of a work group's tile of C: 64 or 128
layout(constant_id = 2) const bool trans_a = false;
layout(constant_id = 3) const bool trans_b = false;
layout(constant_id = 4) const bool whole_ab = false; // A and B can be read in vectors of four
layout(constant_id = 5) const bool whole_c = false;  // and C, bias and GELU written so
layout(constant_id = 6) const bool with_gelu = false; // GELU of C is wanted, too

layout(push_constant) uniform Push {
    Floats a, b, c, bias, gelu;
    int m, n, k, lda, ldb, ldc;
    int split; // where the sum is cut into parts, numbers of a part; part z goes behind part z - 1
    int flags; // 1: add to C, 2: there is a bias
};

// The four numbers of C that lie at `at`, from `column` of a row of C on, as far as the row goes:
// they are x, but for what is added. No early returns: with them a driver does not unroll the
// loop that calls this, and keeps the sums of a tile in memory for the sake of their indices.
void finish_four(int at, int column, vec4 x) {
    if (whole_c && column < n) {
        if ((flags & 1) != 0) x += Vectors(c).at[at >> 2];
        if ((flags & 2) != 0) x += Vectors(bias).at[column >> 2];
        Vectors(c).at[at >> 2] = x;
        if (with_gelu)
            Vectors(gelu).at[at >> 2] = vec4(gelu_of(x.x), gelu_of(x.y), gelu_of(x.z), gelu_of(x.w));
    }
    if (!whole_c) {
        [[unroll]] for (int j = 0; j < 4; ++j) {
            if (column + j < n) {
                float y = x[j];
                if ((flags & 1) != 0) y += c.at[at + j];
                if ((flags & 2) != 0) y += bias.at[column + j];
                c.at[at + j] = y;
                if (with_gelu) gelu.at[at + j] = gelu_of(y);
            }
        }
    }
}
