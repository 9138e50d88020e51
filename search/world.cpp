#include "search/world.h"

#include "engine/error.h"
#include "search/worlds/arithmetic.h"
#include "search/worlds/countdown.h"
#include "search/worlds/equations.h"
#include "search/worlds/words.h"

namespace qstar::search {

std::string World::read_answered(std::string_view line, std::string_view) const {
    return read(line);
}

bool World::solved(const Path& path) const {
    return path.finished && !path.steps.empty() && check_answer(path.problem, path.steps.back());
}

std::string World::answer_of(const Path& path) const {
    return path.finished && !path.steps.empty() ? path.steps.back() : "";
}

std::string World::state(const Path& path) const {
    return path.steps.empty() ? path.problem : path.steps.back();
}

std::unique_ptr<World> make_world(std::string_view name) {
    if (name == "arithmetic") return std::make_unique<Arithmetic>();
    if (name == "equations") return std::make_unique<Equations>();
    if (name == "countdown") return std::make_unique<Countdown>();
    if (name == "words") return std::make_unique<Words>();
    fail("unknown world \"{}\": expected arithmetic, equations, countdown or words", name);
}

} // namespace qstar::search
