#include "train/data/class/side.h"

#include "engine/base/error.h"
#include "engine/base/random.h"

#include <algorithm>

namespace qstar::train {

std::string_view name_of(Split split) {
    return split == Split::train ? "train" : split == Split::dev ? "dev" : "test";
}

Split held_out_split(std::string_view name) {
    if (name == "test") return Split::test;
    if (name == "dev") return Split::dev;
    fail("--split: expected test or dev, found \"{}\"", name);
}

Split side_of(std::string_view key) {
    if (key.empty()) return Split::train;
    // FNV's high bits hardly depend on the last characters: mix before taking four.
    uint64_t hash = hash_name(key);
    hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15u;
    switch (hash >> 60) {
    case 0:
        return Split::dev;
    case 1:
        return Split::test;
    default:
        return Split::train;
    }
}

bool has_letter(std::string_view line) {
    return std::any_of(line.begin(), line.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

} // namespace qstar::train
