#pragma once
// Records of stages as they were before each of their names was that of a flag.

#include "engine/text/json.h"

namespace qstar::train {

// The same record by the flags' names: {"text": 1} of a reward model is {"text-weight": 1}, a
// nested "search" or "q" stands flat. One that has them already comes back as it is.
Json by_flags(const Json& record);

} // namespace qstar::train
