#pragma once
// The form of a run's texts: steps to a solution, or texts that contain their search
// (`train corpus --world countdown --form search`, countdown_search.h).
//
// Of the latter only the last lines are steps to a solution. They are written and learned as a
// whole; stages and searches that look at single steps refuse such a run.

#include "search/models/gpt_proposer.h"

#include <string>
#include <string_view>

namespace qstar::train {

// As the run's corpus was made; false without one.
bool contains_search(const std::string& run);

// Error if it does: `what` looks at single steps.
void require_steps(const std::string& run, std::string_view what);

// A text that contains its search may have as many lines as the context holds.
search::ProposerLimits limits_of(const std::string& run);

} // namespace qstar::train
