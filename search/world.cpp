#include "search/world.h"

#include "engine/error.h"
#include "search/worlds/arithmetic.h"
#include "search/worlds/equations.h"

namespace qstar::search {

std::unique_ptr<World> make_world(std::string_view name) {
    if (name == "arithmetic") return std::make_unique<Arithmetic>();
    if (name == "equations") return std::make_unique<Equations>();
    fail("unknown world \"{}\": expected arithmetic or equations", name);
}

} // namespace qstar::search
