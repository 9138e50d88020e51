#include "engine/process.h"

#include <fstream>
#include <string>
#include <sys/resource.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace qstar::engine {

ProcessMemory process_memory() {
    ProcessMemory memory;
#ifdef __linux__
    // "VmHWM:      1234 kB": the high water mark of the resident set.
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) memory.resident = std::stoll(line.substr(6)) << 10;
        if (line.starts_with("VmHWM:")) memory.peak = std::stoll(line.substr(6)) << 10;
    }
#else
    struct rusage usage {};
    if (getrusage(RUSAGE_SELF, &usage) == 0) memory.peak = usage.ru_maxrss; // bytes on macOS
#endif
    return memory;
}

void begin_peak() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
#ifdef __linux__
    // Linux, Documentation/filesystems/proc.rst: 5 resets the peak. No harm if refused.
    std::ofstream("/proc/self/clear_refs") << "5";
#endif
}

} // namespace qstar::engine
