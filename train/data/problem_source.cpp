#include "train/data/problem_source.h"

#include "engine/base/error.h"
#include "search/worlds/make_world.h"
#include "search/worlds/problems.h"
#include "train/data/corpus_options.h"

#include <algorithm>
#include <set>

namespace qstar::train {

ProblemSource problem_source_of(const CorpusOptions& options, bool warm) {
    ProblemSource source = options.teaching().source(options.experts, warm);
    source.world = search::make_world(options.world);
    for (const std::string& text : options.pupils) change(source.pupils, text);
    return source;
}

namespace {

// Problems that people wrote, without a class that solves them.
ProblemSource source_of_file(const std::string& run) {
    const std::string file = search::problems_file(run);
    ProblemSource source;
    source.world = search::make_world(world_of(run));
    std::set<std::string> seen;
    for (const search::ProblemLine& line : search::read_problems(*source.world, file))
        if (seen.insert(line.problem).second)
            source.listed[split_of(line.problem)].push_back(line.problem);
    source.draw = [file, listed = source.listed](Split split, Random& random) {
        const auto side = listed.find(split);
        if (side == listed.end())
            fail("{}: no problem belongs to the {} split", file, name_of(split));
        return side->second[random.below(side->second.size())];
    };
    return source;
}

} // namespace

ProblemSource problem_source_of(const std::string& run, int min_operands) {
    if (search::has_problems(run)) return source_of_file(run);
    CorpusOptions options = corpus_options_of(run);
    if (min_operands > 0) {
        options.teaching().set_fewest_operands(min_operands);
        check(options);
    }
    return problem_source_of(options);
}

std::vector<std::string> draw_problems(const ProblemSource& room, Split split, int64_t count,
                                       uint64_t seed) {
    if (const auto side = room.listed.find(split); side != room.listed.end())
        count = std::min(count, static_cast<int64_t>(side->second.size()));
    return draw_different(room.draw, split, count, seed);
}

} // namespace qstar::train
