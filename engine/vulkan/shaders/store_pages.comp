#version 460
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "pages.glsl"
// Keys go to (heads, head width, 16) of their page, values to (heads, 16, head width).
layout(local_size_x = 128) in;

void main() {
    const int width = kv_heads * size;
    for (int i = first_number(); i < rows * width; i += all_numbers(128)) {
        const int r = i / width, h = i % width / size, d = i % size;
        const int at = position.at[r] % page_positions;
        const int page = page_of(r, position.at[r]), head = h * size * page_positions;
        const int from = r * row_width() + heads * size + i % width;
        memory.at[page + keys + head + d * page_positions + at] = qkv.at[from];
        memory.at[page + values + head + at * size + d] = qkv.at[from + width];
    }
}
