#pragma once
// What a user's input is called.

#include <string>

namespace qstar {

// For messages: "standard input" for "-", else the path.
inline std::string input_name(const std::string& path) {
    return path == "-" ? "standard input" : path;
}

} // namespace qstar
