// Four numbers in a row of a matrix, of which `valid` are its own; the others are 0.
// `whole`: rows begin and end on vectors of four.
vec4 fetch(Floats from, bool whole, int at, int valid) {
    if (valid <= 0) return vec4(0.0);
    if (whole) return Vectors(from).at[at >> 2];
    const int last = at + valid - 1; // what lies behind it is read again and thrown away
    const vec4 v = vec4(from.at[at], from.at[min(at + 1, last)], from.at[min(at + 2, last)],
                        from.at[min(at + 3, last)]);
    return mix(vec4(0.0), v, lessThan(ivec4(0, 1, 2, 3), ivec4(valid)));
}
