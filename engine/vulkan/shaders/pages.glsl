// The key/value cache in pages of 16 positions (decode/kv_cache.h): what PagedRows says.
const int page_positions = 16;

layout(push_constant) uniform Push {
    Floats qkv, attended, memory;
    Ints pages, first, position;
    int rows, heads, kv_heads, size, page_size, keys, values;
    float factor;
};

// Numbers of a row of qkv: of all heads' queries, of their keys, of their values.
int row_width() { return (heads + 2 * kv_heads) * size; }

// Where the page of position `at` of row r's sequence begins.
int page_of(int r, int at) { return pages.at[first.at[r] + at / page_positions] * page_size; }
