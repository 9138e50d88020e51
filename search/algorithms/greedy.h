#pragma once
// Greedy decoding: the most likely token, again and again. One solution, no search.

#include "search/models/method.h"

namespace qstar::search {

Result greedy(Proposer& proposer, const std::string& problem, const Options& options);

} // namespace qstar::search
