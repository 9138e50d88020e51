#include "train/data/class/rare_draw.h"

#include "engine/base/error.h"
#include "train/data/class/draw.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace qstar::train {

RareDraw::RareDraw(ProblemSource source, Split split, double usual, uint64_t seed)
    : source_(std::move(source)), split_(split), usual_(usual),
      random_(seed, "rare problems/" + std::string(name_of(split))) {}

bool RareDraw::taken(const std::string& problem) {
    const std::vector<std::string> facts = source_.facts(problem);
    int64_t rarest = facts.empty() ? 0 : std::numeric_limits<int64_t>::max();
    for (const std::string& fact : facts) {
        const auto at = needed_.find(fact);
        rarest = std::min(rarest, at == needed_.end() ? 0 : at->second);
    }
    if (random_.uniform() >= usual_ / (usual_ + static_cast<double>(rarest))) return false;
    for (const std::string& fact : facts) ++needed_[fact];
    return true;
}

std::vector<std::string> RareDraw::next(int64_t count) {
    std::vector<std::string> problems;
    while (static_cast<int64_t>(problems.size()) < count) {
        auto problem = draw_unseen([&] { return source_.draw(split_, random_); },
                                   [&](const std::string& p) { return taken(p); }, seen_);
        if (!problem)
            fail("there are not {} further problems of this kind on the {} side (found {})", count,
                 name_of(split_), problems.size());
        problems.push_back(*std::move(problem));
    }
    return problems;
}

} // namespace qstar::train
