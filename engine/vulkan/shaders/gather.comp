#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// y[r] = table[index[r]] (+ positions[r mod time])
layout(local_size_x = 64) in;
layout(push_constant) uniform Push {
    Ints index;
    Floats table, positions, y;
    int rows, width, time;
    uint with_positions;
};

void main() {
    const int column = int(gl_GlobalInvocationID.x);
    if (column >= width) return;
    for (int r = int(gl_WorkGroupID.y); r < rows; r += int(gl_NumWorkGroups.y)) {
        float value = table.at[index.at[r] * width + column];
        if (with_positions != 0) value += positions.at[r % time * width + column];
        y.at[r * width + column] = value;
    }
}
