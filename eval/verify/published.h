#pragma once
// hashes.txt, as it was when the program was built.

#include <string_view>

namespace qstar::eval {

std::string_view published_text();

} // namespace qstar::eval
