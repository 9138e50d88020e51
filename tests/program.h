#pragma once
// Runs the real program and keeps what it printed.

#include "engine/io/files.h"
#include "tests/paths.h"
#include "tests/temporary.h"

#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <sys/wait.h>

namespace qstar::tests {

struct ProgramOutput {
    int status;
    std::string out, error;
};

// `arguments` as a shell reads them; what was printed passes through files in `folder`.
inline ProgramOutput run_program(const Temporary& folder, const std::string& arguments) {
    const std::string out = folder / "stdout", error = folder / "stderr";
    const int status =
        std::system(fmt::format("'{}' {} > '{}' 2> '{}'", binary, arguments, out, error).c_str());
    return {WEXITSTATUS(status), read_file(out), read_file(error)};
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace qstar::tests
