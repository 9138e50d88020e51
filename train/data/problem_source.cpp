#include "train/data/problem_source.h"

#include "search/worlds/make_world.h"
#include "train/data/corpus_options.h"

namespace qstar::train {

ProblemSource problem_source_of(const CorpusOptions& options, bool warm) {
    ProblemSource source = options.teaching().source(options.experts, warm);
    source.world = search::make_world(options.world);
    for (const std::string& text : options.pupils) change(source.pupils, text);
    return source;
}

ProblemSource problem_source_of(const std::string& run, int min_operands) {
    CorpusOptions options = corpus_options_of(run);
    if (min_operands > 0) {
        options.teaching().set_fewest_operands(min_operands);
        check(options);
    }
    return problem_source_of(options);
}

std::vector<std::string> draw_problems(const ProblemSource& room, Split split, int64_t count,
                                       uint64_t seed) {
    return draw_different(room.draw, split, count, seed);
}

} // namespace qstar::train
