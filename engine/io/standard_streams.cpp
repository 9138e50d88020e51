#include "engine/io/standard_streams.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>

namespace qstar {

std::string cannot_print(const std::string& reason) {
    return "standard output: cannot write" + (reason.empty() ? "" : ": " + reason);
}

void hold_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) >= 0) continue;
        // Reading from 0 and writing to 1 and 2 fail as on a closed one.
        (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int end_standard_output(int status) {
    errno = 0;
    std::cout.flush();
    const bool lost = std::fflush(stdout) != 0;
    if (!lost && std::ferror(stdout) == 0) return status;
    // Lost while it was written: nobody kept the reason, but the next write has the same one.
    if (errno == 0 && ::write(STDOUT_FILENO, "\n", 1) == 1) errno = 0;
    const std::string reason = errno != 0 ? std::strerror(errno) : "";
    std::fprintf(stderr, "qstar: %s\n", cannot_print(reason).c_str());
    return 2;
}

} // namespace qstar
