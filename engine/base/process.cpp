#include "engine/base/process.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace qstar::engine {

namespace {

void lower(MemoryLeft& left, int64_t bytes, const std::string& limit) {
    if (bytes < left.bytes) left = {std::max<int64_t>(0, bytes), limit};
}

#ifdef __linux__

// The number after `key` in a file of lines such as "MemAvailable: 1234 kB"; -1 if there is none.
int64_t number_after(const std::string& path, const std::string& key) {
    std::ifstream file(path);
    for (std::string word; file >> word;) {
        int64_t number = 0;
        if (word == key && file >> number) return number;
    }
    return -1;
}

int64_t number_in(const std::string& path) {
    int64_t number = -1;
    std::ifstream file(path);
    return file >> number ? number : -1; // "max": no limit
}

// A control group's files, of version 2 or 1 (Linux, Documentation/admin-guide/cgroup-v2.rst
// and cgroup-v1/memory.rst).
struct GroupFiles {
    std::string root, controller, limit;
    const char* anonymous; // in memory.stat: what processes hold, files not counted
};

// The group of this process and those above it, as far as they can be seen. What a group uses
// counts files that the kernel gives back when asked, and it does not say how many of them: only
// what processes hold is surely gone, and where that is not told, what this one holds.
void lower_by_groups(MemoryLeft& left, const GroupFiles& files) {
    std::ifstream groups("/proc/self/cgroup"); // "0::/a/b", "4:memory:/a/b"
    for (std::string line; std::getline(groups, line);) {
        const size_t colon = line.find(':'), path = line.find(':', colon + 1);
        if (path == std::string::npos) continue;
        if (line.substr(colon + 1, path - colon - 1) != files.controller) continue;
        for (std::string group = line.substr(path + 1);; group.resize(group.rfind('/'))) {
            const std::string folder = files.root + group + "/";
            const int64_t limit = number_in(folder + files.limit);
            if (limit >= 0) {
                const int64_t held = number_after(folder + "memory.stat", files.anonymous);
                lower(left, limit - (held >= 0 ? held : process_memory().resident),
                      "by the limit of its control group");
            }
            if (group.rfind('/') == std::string::npos) break;
        }
    }
}

void lower_by_limit(MemoryLeft& left, int which, int64_t used, const char* name) {
    struct rlimit limit {};
    if (getrlimit(static_cast<__rlimit_resource_t>(which), &limit) != 0 || used < 0) return;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > uint64_t{INT64_MAX}) return;
    lower(left, static_cast<int64_t>(limit.rlim_cur) - used, name);
}

#endif

} // namespace

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

MemoryLeft memory_left() {
    MemoryLeft left;
#ifdef __linux__
    const int64_t available = number_after("/proc/meminfo", "MemAvailable:");
    if (available >= 0) lower(left, available << 10, "of the machine's");
    lower_by_groups(left, {"/sys/fs/cgroup", "", "memory.max", "anon"});
    lower_by_groups(left,
                    {"/sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes", "total_rss"});
    const auto used = [](const char* key) {
        const int64_t kib = number_after("/proc/self/status", key);
        return kib < 0 ? kib : kib << 10;
    };
    lower_by_limit(left, RLIMIT_AS, used("VmSize:"), "by the limit of the process, ulimit -v");
    lower_by_limit(left, RLIMIT_DATA, used("VmData:"), "by the limit of the process, ulimit -d");
#endif
    return left;
}

std::string memory_text(int64_t bytes) {
    constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = static_cast<double>(bytes) / 1024;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
    return fmt::format("{:.{}f} {}", size, size < 100 ? 1 : 0, kUnits[unit]);
}

} // namespace qstar::engine
