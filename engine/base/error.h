#pragma once
// The one error of the program: a sentence for its user.
//
// Thrown wherever input, a flag or a file is wrong. main() prints it as
// "qstar: <sentence>" and exits with status 2. The sentence names the file and
// line where there are any, what was expected and what was found.

#include <fmt/core.h>
#include <stdexcept>
#include <string>

namespace qstar {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] void fail_with(fmt::string_view format, fmt::format_args args);

// fail("{}:{}: expected {}, found {}", file, line, ...) throws an Error.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
    fail_with(format, fmt::make_format_args(args...));
}

} // namespace qstar
