#pragma once
// The sentences of DeepMind Mathematics' arithmetic modules as expressions:
// "Add together 3 and -4." is 3+-4, "What is 3 less than 5?" is 5-3. A text that is
// no such sentence is taken for a bare expression.

#include "search/worlds/arithmetic/expression.h"

#include <string_view>

namespace qstar::search {

// Error if it is neither, and for the modules outside the world (roots, surds, bases).
Expression read_sentence(std::string_view line);

} // namespace qstar::search
