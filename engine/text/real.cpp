#include "engine/text/real.h"

#include <charconv>
#include <cstdlib>
#include <string>
#include <version>

namespace qstar {

bool read_real(std::string_view text, double& value) {
#ifdef __cpp_lib_to_chars
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
#else // Clang's library before version 20, thus macOS's, reads whole numbers only
    if (text.empty() || text.find_first_not_of("+-.0123456789eE") != text.npos) return false;
    if (text.front() == '+') return false;
    const std::string copy(text);
    char* end = nullptr;
    value = std::strtod(copy.c_str(), &end);
    return end == copy.c_str() + copy.size();
#endif
}

} // namespace qstar
