#include "search/problem/world.h"

#include "engine/base/error.h"

#include <memory>
#include <string>

namespace qstar::search {

std::string World::read_answered(std::string_view line, std::string_view given) const {
    std::string problem = read(line);
    if (check_answer(problem, given)) return problem;
    // Of several right answers (countdown's) none is named.
    const std::string right = public_goal() ? "" : answer(problem) + ", ";
    fail("expected the answer to \"{}\", {}found \"{}\"", problem, right, given.substr(0, 100));
}

std::unique_ptr<LineReader> World::line_reader(std::optional<int64_t> target) const {
    if (target) fail("--target is for the world countdown, found with {}", name());
    return std::make_unique<LineReader>();
}

bool World::solved(const Path& path) const {
    return path.finished && !path.steps.empty() && check_answer(path.problem, path.steps.back());
}

std::string World::answer_of(const Path& path) const {
    return path.finished && !path.steps.empty() ? path.steps.back() : "";
}

} // namespace qstar::search
