// A library that is loaded before the C library (LD_PRELOAD), to see the calls by which the
// program writes, and to make one of them fail. Linux.
//
//   QSTAR_SHIM_UNDER  folder: only calls about what lies in it are seen
//   QSTAR_SHIM_LOG    file that gets a line a call: NAME PATH, or "rename FROM TO"
//   QSTAR_SHIM_FAIL   number of the call, from 1, that fails; 0 or nothing: none
//   QSTAR_SHIM_ERROR  errno of it
//   QSTAR_SHIM_MEMORY number of the allocation of 4 KiB or more, from 1, that fails, and every
//                     second one after it; their count is the last line of the log
//
// Only what changes files is counted: open for writing, write, fsync of a file, rename, mkdir,
// ftruncate. fsync of a folder is logged as "settle", and not counted. A write that fails has
// written half before.

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::atomic<long> calls = 0;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string absolute(const char* path) {
    if (path[0] == '/') return path;
    char folder[4096];
    return getcwd(folder, sizeof folder) == nullptr ? path : std::string(folder) + "/" + path;
}

std::string path_of(int descriptor) {
    char link[64], path[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = readlink(link, path, sizeof path);
    return std::string(path, length < 0 ? 0 : static_cast<size_t>(length));
}

bool seen(const std::string& path) {
    static const std::string under = variable("QSTAR_SHIM_UNDER") + "/";
    return under.size() > 1 && path.compare(0, under.size(), under) == 0;
}

void log(const std::string& line) {
    static const std::string path = variable("QSTAR_SHIM_LOG");
    if (path.empty()) return;
    static const int file =
        next<int(const char*, int, ...)>("open")(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    const std::string text = line + "\n";
    if (next<ssize_t(int, const void*, size_t)>("write")(file, text.data(), text.size()) < 0)
        abort();
}

// Counts a call about `path`; true: it is the one that fails, and errno is set.
bool fails(const std::string& name, const std::string& path, const std::string& to = "") {
    if (!seen(path)) return false;
    log(name + " " + path + (to.empty() ? "" : " " + to));
    static const long chosen = std::atol(variable("QSTAR_SHIM_FAIL").c_str());
    if (++calls != chosen) return false;
    log("failed " + path);
    errno = std::atoi(variable("QSTAR_SHIM_ERROR").c_str());
    return true;
}

std::atomic<long> allocations = 0, failing_allocation = 0;

// Told at the beginning and at the end, for no memory may be asked for in between.
[[gnu::constructor]] void begin() {
    failing_allocation = std::atol(variable("QSTAR_SHIM_MEMORY").c_str());
    allocations = 0;
}
[[gnu::destructor]] void end() { log("allocations " + std::to_string(allocations.load())); }

bool no_memory(size_t bytes) {
    if (bytes < 4096) return false;
    const long number = ++allocations, first = failing_allocation;
    return first > 0 && number >= first && (number - first) % 2 == 0;
}

bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0; }

} // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (writes(flags) && fails("open", absolute(path))) return -1;
    return next<int(const char*, int, ...)>("open")(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (writes(flags) && fails("open", absolute(path))) return -1;
    return next<int(const char*, int, ...)>("open64")(path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
    const auto real = next<ssize_t(int, const void*, size_t)>("write");
    if (fails("write", path_of(descriptor))) {
        const int error = errno;
        if (count > 1 && real(descriptor, bytes, count / 2) < 0) abort();
        errno = error;
        return -1;
    }
    return real(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
    if (fails("write", path_of(descriptor))) return -1;
    return next<ssize_t(int, const void*, size_t, off_t)>("pwrite")(descriptor, bytes, count,
                                                                    offset);
}

int fsync(int descriptor) {
    struct stat status {};
    const std::string path = path_of(descriptor);
    if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
        if (seen(path + "/")) log("settle " + path);
    } else if (fails("fsync", path)) {
        return -1;
    }
    return next<int(int)>("fsync")(descriptor);
}

int ftruncate(int descriptor, off_t size) noexcept {
    if (fails("ftruncate", path_of(descriptor))) return -1;
    return next<int(int, off_t)>("ftruncate")(descriptor, size);
}

int rename(const char* from, const char* to) noexcept {
    if (fails("rename", absolute(from), absolute(to))) return -1;
    return next<int(const char*, const char*)>("rename")(from, to);
}

int mkdir(const char* path, mode_t mode) noexcept {
    if (fails("mkdir", absolute(path))) return -1;
    return next<int(const char*, mode_t)>("mkdir")(path, mode);
}

// The C library's own, by its other names: to look them up would ask for memory.
void* __libc_malloc(size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);

void* malloc(size_t bytes) noexcept {
    if (!no_memory(bytes)) return __libc_malloc(bytes);
    errno = ENOMEM;
    return nullptr;
}

void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
    if (!no_memory(bytes)) return __libc_memalign(alignment, bytes);
    errno = ENOMEM;
    return nullptr;
}

} // extern "C"
