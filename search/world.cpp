#include "search/world.h"

#include "engine/error.h"
#include "search/worlds/arithmetic.h"

namespace qstar::search {

std::unique_ptr<World> make_world(std::string_view name) {
    if (name == "arithmetic") return std::make_unique<Arithmetic>();
    fail("unknown world \"{}\": expected arithmetic", name);
}

} // namespace qstar::search
