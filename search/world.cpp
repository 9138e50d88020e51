#include "search/world.h"

#include "engine/error.h"
#include "search/worlds/arithmetic.h"
#include "search/worlds/countdown.h"
#include "search/worlds/equations.h"
#include "search/worlds/gsm8k.h"
#include "search/worlds/words.h"

#include <string>

namespace qstar::search {

std::string World::read_answered(std::string_view line, std::string_view given) const {
    std::string problem = read(line);
    if (check_answer(problem, given)) return problem;
    // Of several right answers (countdown's) none is named.
    const std::string right = public_goal() ? "" : answer(problem) + ", ";
    fail("expected the answer to \"{}\", {}found \"{}\"", problem, right, given.substr(0, 100));
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
    if (constexpr std::string_view gsm8k = "gsm8k:"; name.starts_with(gsm8k)) {
        const std::string file(name.substr(gsm8k.size()));
        return std::make_unique<Gsm8k>(read_word_problems(file), file);
    }
    if (name == "countdown") return std::make_unique<Countdown>();
    if (name == "words") return std::make_unique<Words>();
    fail("unknown world \"{}\": expected arithmetic, equations, countdown, words or gsm8k:FILE",
         name);
}

} // namespace qstar::search
