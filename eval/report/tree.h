#pragma once
// What a search looked at (search/models/tree.h), made ready to be shown: in the order
// in which it grew, with every step's own score and, afterwards, the verifier's verdict.

#include "engine/text/json.h"
#include "search/models/scorer.h"
#include "search/models/tree.h"
#include "search/problem/world.h"

namespace qstar::eval {

// The nodes, parents before their children; node 0 is the problem:
//   {"parent", "text", "final", "score", "g", "f", "born", "order", "chosen", "label", "solved"}
// score: of the step, by the scorer; g = -log p of the path; f: A*'s, the smallest is
// expanded next; born: the expansion (1, 2, ...) that opened it, 0 for the problem; order: the
// one in which it was expanded, 0 if it was not; chosen: it lies on the way to the result;
// label: the world's, -1, 0 or 1, up to the first error of a path and null behind it, as in
// PRM800K; solved: of a final node, whether its path is the problem's solution.
Json tree_of(const search::Tree& tree, search::Scorer& scorer, const search::World& world);

} // namespace qstar::eval
