#pragma once
// Words and flags of earlier versions: a line that has one is refused with today's name.

#include <string>
#include <utility>
#include <vector>

namespace qstar::eval {

// {"taste", "preference-win-rate"}, {"--judge", "--annotator"}: of then, and of now.
const std::vector<std::pair<std::string, std::string>>& old_names();

} // namespace qstar::eval
