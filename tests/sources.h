#pragma once
// The files that the tests of the house read.

#include <string>
#include <vector>

namespace qstar::tests {

// All files below a folder, and the .h and .cpp of the five floors, as sorted paths from the root.
std::vector<std::string> files_below(const std::string& folder);
std::vector<std::string> sources();

bool is_source(const std::string& path);
std::string source_text(const std::string& path);

} // namespace qstar::tests
