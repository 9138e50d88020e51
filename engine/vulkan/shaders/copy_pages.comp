#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
// page to[i] = page from[i]
layout(local_size_x = 128) in;
layout(push_constant) uniform Push {
    Floats memory;
    Ints from, to;
    int count, page_size;
};

void main() {
    for (int i = int(gl_WorkGroupID.y); i < count; i += int(gl_NumWorkGroups.y)) {
        const int source = from.at[i] * page_size, target = to.at[i] * page_size;
        for (int j = first_number(); j < page_size; j += all_numbers(128))
            memory.at[target + j] = memory.at[source + j];
    }
}
