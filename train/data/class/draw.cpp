#include "train/data/class/draw.h"

#include "engine/base/error.h"

#include <unordered_set>
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

std::vector<std::string> draw_different(const std::function<std::string(Split, Random&)>& draw,
                                        Split split, int64_t count, uint64_t seed) {
    Random random(seed, std::string("problems/") + std::string(name_of(split)));
    std::vector<std::string> problems;
    std::unordered_set<std::string> seen;
    int64_t repeats = 0;
    while (static_cast<int64_t>(problems.size()) < count) {
        std::string problem = draw(split, random);
        if (seen.insert(problem).second) {
            problems.push_back(std::move(problem));
            repeats = 0;
        } else if (++repeats > 10'000) {
            fail("there are not {} different problems of this kind on the {} side (found {})",
                 count, name_of(split), problems.size());
        }
    }
    return problems;
}

} // namespace qstar::train
