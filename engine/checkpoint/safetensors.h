#pragma once
// The safetensors file format (huggingface/safetensors, README "Format"):
// 8 bytes little-endian header length, a JSON header, the tensors' bytes.
//
//   {"__metadata__": {"step": "100"},
//    "wte.weight": {"dtype": "F32", "shape": [V, C], "data_offsets": [begin, end]}, ...}
//
// The reader is strict. A file is refused, in one sentence that names it, when the
// header is longer than 100 MB or than the file, is not JSON, names a key twice or
// has an unknown one, when a dtype is not F32, a shape has more than 4 dimensions
// or overflows, when an extent is out of bounds or not as long as its shape says,
// or when the extents leave a hole, overlap or do not end where the file ends.
// The bytes written depend only on the contents: names sorted, the header padded
// with spaces to a multiple of 8.

#include "engine/tensor.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace qstar::engine {

struct SafeTensors {
    std::map<std::string, Tensor> tensors;       // fp32; each owns its storage when read
    std::map<std::string, std::string> metadata; // any text (UTF-8)

    // The tensor or the text of that name; an Error names `file` where it is missing.
    const Tensor& tensor(const std::string& name, const std::string& file) const;
    const std::string& text(const std::string& name, const std::string& file) const;
};

SafeTensors read_safetensors(const std::string& path);
void write_safetensors(const std::string& path, const SafeTensors& contents); // atomic

// The same on bytes in memory; `name` stands in the errors.
SafeTensors parse_safetensors(std::string_view bytes, const std::string& name);
std::string safetensors_bytes(const SafeTensors& contents);

} // namespace qstar::engine
