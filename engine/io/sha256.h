#pragma once
// SHA-256 (FIPS 180-4), for comparing files by one short text.

#include <string>
#include <string_view>

namespace qstar {

std::string sha256(std::string_view bytes);       // 64 lower-case hex digits
std::string sha256_file(const std::string& path); // Error if the file is unreadable

} // namespace qstar
