#pragma once
// The header of a safetensors file: JSON of the tensors' names, kinds of numbers, shapes and
// places, and of texts about them. The numbers follow.

#include "engine/tensor/number_type.h"
#include "engine/tensor/tensor.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qstar::engine {

inline constexpr uint64_t kSafetensorsHeaderLimit = 100'000'000; // bytes, as the format has it

struct SafeTensorsHeader {
    // A tensor, and its place among the data bytes.
    struct Entry {
        std::string name;
        Shape shape;
        const NumberType* type = nullptr;
        uint64_t begin = 0, end = 0;
    };
    std::vector<Entry> entries; // in the order of their bytes
    std::map<std::string, std::string> metadata;
};

// Error naming `file` for what the format does not allow: a key twice, an unknown kind of numbers,
// a hole between tensors. `size`: the bytes that follow the header, all of which are a tensor's.
SafeTensorsHeader parse_safetensors_header(std::string_view text, uint64_t size,
                                           const std::string& file);

// The header's length, the header and its padding, of tensors of that type one after the other.
std::string safetensors_header(const std::vector<std::pair<std::string, Shape>>& tensors,
                               WeightType type, const std::map<std::string, std::string>& metadata);

} // namespace qstar::engine
