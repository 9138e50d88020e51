#include "engine/io/work_lock.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace qstar {
namespace {

// "process 4711 on laptop (qstar train prm --run runs/demo)"
std::string this_process() {
    std::string command;
#ifdef __linux__
    try {
        command = read_file("/proc/self/cmdline"); // the words, each ended by a zero byte
    } catch (const Error&) {
        // The process is named by its number alone.
    }
    while (command.ends_with('\0')) command.pop_back();
    std::replace(command.begin(), command.end(), '\0', ' ');
    std::erase_if(command, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    if (command.size() > 300) command = command.substr(0, 300) + " ...";
#endif
    char host[256] = "";
    if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
    std::string who = fmt::format("process {}", ::getpid());
    if (host[0] != '\0') who += fmt::format(" on {}", host);
    return command.empty() ? who : who + " (" + command + ")";
}

// Whether `path` still names the open file: whoever held the lock before may have removed it.
bool names(const std::string& path, int descriptor) {
    struct stat open {
    }, there{};
    return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &there) == 0 &&
           open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

std::string holder(const std::string& path) {
    try {
        const std::string who = read_file(path);
        if (!who.empty()) return who;
    } catch (const Error&) {
        // It may be gone by now.
    }
    return "another process";
}

} // namespace

WorkLock::WorkLock(const std::string& path, const std::string& what) : path_(path) {
    if (!engine::is_first_rank()) return;
    for (;;) {
        descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (descriptor_ < 0) fail("{}: cannot write: {}", path, std::strerror(errno));
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
            const int why = errno;
            ::close(descriptor_);
            if (why == EINTR) continue;
            if (why != EWOULDBLOCK) fail("{}: cannot lock: {}", path, std::strerror(why));
            fail("{} is being worked on by {}: wait until it has ended, or end it", what,
                 holder(path));
        }
        if (names(path, descriptor_)) break;
        ::close(descriptor_);
    }
    const std::string who = this_process();
    const bool written =
        ::ftruncate(descriptor_, 0) == 0 && ::write(descriptor_, who.data(), who.size()) >= 0;
    if (!written) { // a full disk: a lock all the same, without a name
        if (::ftruncate(descriptor_, 0) != 0) return;
    }
}

WorkLock::~WorkLock() {
    if (descriptor_ < 0) return; // the first rank holds it
    ::unlink(path_.c_str());
    ::close(descriptor_);
}

std::optional<std::string> work_lock_holder(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return {};
    const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    if (!held) return {};
    return holder(path);
}

} // namespace qstar
