#include "train/data/worlds/split.h"

#include "train/data/worlds/teachings.h"

namespace qstar::train {

Split split_of(std::string_view line) {
    static const Teachings worlds;
    for (const auto& teaching : worlds.all())
        if (const std::string key = teaching->split_key(line); !key.empty()) return side_of(key);
    return Split::train;
}

bool any_held_out(std::span<const std::string> lines) {
    for (const std::string& line : lines)
        if (held_out(line)) return true;
    return false;
}

} // namespace qstar::train
