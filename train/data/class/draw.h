#pragma once
// Problems of a side of the split, from what draws problems.

#include "engine/base/random.h"
#include "train/data/class/side.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace qstar::train {

// Draws with `draw` until a problem is on the asked side, by the key of its text (teaching.h).
// Error naming the world after 10,000 that are not.
std::function<std::string(Split, Random&)> on_side(std::string world,
                                                   std::function<std::string(Random&)> draw,
                                                   std::string (*key)(std::string_view problem));

// `count` different ones of what `draw` gives, a pure function of the side, the count and
// the seed, if `draw` is one of its stream. Error if there are not that many.
std::vector<std::string> draw_different(const std::function<std::string(Split, Random&)>& draw,
                                        Split split, int64_t count, uint64_t seed);

// The next that `draw` gives, `accept` takes and `seen` does not hold, which holds it from then on;
// none after 10,000 in a row that were seen.
std::optional<std::string> draw_unseen(const std::function<std::string()>& draw,
                                       const std::function<bool(const std::string&)>& accept,
                                       std::unordered_set<std::string>& seen);

} // namespace qstar::train
