#pragma once
// The classroom of a world: its verifier, its pupils, and where its problems come from.
//
// A run is of one world, that of its corpus (config.json). All stages draw their problems
// from its classroom, and ask its world what is right.

#include "search/models/run.h"
#include "train/data/class/draw.h"
#include "train/data/class/teaching.h"
#include "train/data/worlds/split.h"

#include <string>
#include <vector>

namespace qstar::train {

struct CorpusOptions;

// As the flags of the corpus say; `warm`: for its first part, of shorter problems.
ProblemSource problem_source_of(const CorpusOptions& options, bool warm = false);
// Of the run's corpus, or of the problems that it has instead (search/models/run.h). Where problems
// have operands, they have `min_operands` or more, if not 0: those of two are the times table,
// which is on no side but train's.
ProblemSource problem_source_of(const std::string& run, int min_operands = 3);

using search::world_of;

// `count` different problems, a pure function of the classroom, the side, the count and the
// seed. Of a file all that it has, if that is fewer; else Error if there are not that many.
std::vector<std::string> draw_problems(const ProblemSource& room, Split split, int64_t count,
                                       uint64_t seed);

} // namespace qstar::train
