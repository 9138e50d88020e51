#include "train/data/class/draw.h"

#include "engine/base/error.h"

#include <utility>

namespace qstar::train {

std::function<std::string(Split, Random&)> on_side(std::string world,
                                                   std::function<std::string(Random&)> draw,
                                                   std::string (*key)(std::string_view problem)) {
    return [world = std::move(world), draw = std::move(draw), key](Split split, Random& random) {
        for (int tries = 0; tries < 10'000; ++tries)
            if (std::string problem = draw(random); side_of(key(problem)) == split) return problem;
        fail("{}: no problem of this kind belongs to the {} split", world, name_of(split));
    };
}

std::optional<std::string> draw_unseen(const std::function<std::string()>& draw,
                                       const std::function<bool(const std::string&)>& accept,
                                       std::unordered_set<std::string>& seen) {
    for (int64_t repeats = 0; repeats <= 10'000;) {
        std::string problem = draw();
        if (seen.contains(problem)) {
            ++repeats;
        } else if (accept(problem)) {
            seen.insert(problem);
            return problem;
        }
    }
    return {};
}

std::vector<std::string> draw_different(const std::function<std::string(Split, Random&)>& draw,
                                        Split split, int64_t count, uint64_t seed) {
    Random random(seed, std::string("problems/") + std::string(name_of(split)));
    std::vector<std::string> problems;
    std::unordered_set<std::string> seen;
    while (static_cast<int64_t>(problems.size()) < count) {
        auto problem = draw_unseen([&] { return draw(split, random); },
                                   [](const std::string&) { return true; }, seen);
        if (!problem)
            fail("there are not {} different problems of this kind on the {} side (found {})",
                 count, name_of(split), problems.size());
        problems.push_back(*std::move(problem));
    }
    return problems;
}

} // namespace qstar::train
