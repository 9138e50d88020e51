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

} // namespace qstar::train
