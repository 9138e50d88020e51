#pragma once
// The verifier labels steps.

#include "engine/base/random.h"
#include "search/problem/world.h"
#include "train/data/labels.h"

namespace qstar::train {

// The labels of the steps up to and including the first error.
LabelledSolution label_steps(const search::World& world, const SampledSolution& solution);

// The same by somebody who gets a label wrong at the rate `error`: an error that is
// not seen does not end the labels.
LabelledSolution label_steps(const search::World& world, const SampledSolution& solution,
                             double error, Random& random);

// Is every step right, by the verifier? Where the answer alone is judged, some paths are right
// by luck: their mistakes cancel out.
bool sound(const search::World& world, const search::Path& path);

// The path's steps before the first mistake, and before the last one.
search::Path right_beginning(const search::World& world, const search::Path& path);

} // namespace qstar::train
