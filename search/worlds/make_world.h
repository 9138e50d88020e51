#pragma once
// The worlds that there are.

#include "search/problem/world.h"

#include <memory>
#include <string_view>

namespace qstar::search {

// By name ("arithmetic", "equations", "countdown", "words"); Error naming the known ones.
std::unique_ptr<World> make_world(std::string_view name);

} // namespace qstar::search
