#include "engine/io/output.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace qstar {
namespace {

std::string output_reason() { return std::strerror(errno); }

// The N of /dev/fd/N: a link whose target, read as a name, may be another file by now.
std::optional<int> descriptor_named(const std::string& path) {
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!path.starts_with(folder)) continue;
        const char* end = path.data() + path.size();
        int number = -1;
        const auto [stop, error] = std::from_chars(path.data() + folder.size(), end, number);
        if (error == std::errc{} && stop == end && number >= 0) return number;
    }
    return {};
}

OutputPlace open_already(int descriptor, const std::string& name) {
    std::fflush(stdout); // what was printed before stands before
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) fail("{}: cannot write: {}", name, output_reason());
    return {name, "", copy};
}

} // namespace

OutputPlace output_place(const std::string& path) {
    if (path.empty()) fail("expected the name of a file to write, found none");
    if (path == "-") return open_already(STDOUT_FILENO, "standard output");
    std::filesystem::path name = path;
    for (int links = 0;; ++links) {
        if (const auto number = descriptor_named(name.string())) return open_already(*number, path);
        struct stat status {};
        if (::lstat(name.c_str(), &status) != 0) {
            if (errno != ENOENT) fail("{}: cannot write: {}", path, output_reason());
            return {path, name.string(), -1};
        }
        if (S_ISDIR(status.st_mode)) fail("{}: cannot write: it is a folder", path);
        if (S_ISREG(status.st_mode)) return {path, name.string(), -1};
        if (!S_ISLNK(status.st_mode)) {
            const int descriptor = ::open(name.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
            if (descriptor < 0) fail("{}: cannot write: {}", path, output_reason());
            return {path, "", descriptor};
        }
        if (links == 40) fail("{}: cannot write: {}", path, std::strerror(ELOOP));
        std::error_code error;
        const std::filesystem::path target = std::filesystem::read_symlink(name, error);
        if (error) fail("{}: cannot write: {}", path, error.message());
        name = name.parent_path() / target; // a target from the root on replaces it all
    }
}

std::FILE* messages_beside(const std::string& path) {
    const bool same =
        path == "-" || path == "/dev/stdout" || descriptor_named(path) == STDOUT_FILENO;
    return same ? stderr : stdout;
}

void sync_folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path().string();
    const char* folder = parent.empty() ? "." : parent.c_str();
    const int descriptor = ::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

void write_all(int descriptor, std::string_view bytes, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("{}: cannot write: {}", name, output_reason());
        bytes.remove_prefix(static_cast<size_t>(written));
    }
}

void move_into_place(int descriptor, const std::string& from, const std::string& to) {
    if (::fsync(descriptor) != 0) fail("{}: cannot write: {}", to, output_reason());
    if (::rename(from.c_str(), to.c_str()) != 0)
        fail("{}: cannot replace it: {}", to, output_reason());
    sync_folder_of(to);
}

void remove_file(const std::string& path) {
    engine::one_writes([&] {
        if (::unlink(path.c_str()) == 0)
            sync_folder_of(path);
        else if (errno != ENOENT)
            fail("{}: cannot remove it: {}", path, output_reason());
    });
}

FileAppender::FileAppender(const std::string& path) : path_(path) {
    if (!engine::is_first_rank()) return;
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail("{}: cannot write: {}", path, output_reason());
    // Where a file system has no locks, nobody can be told.
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    fail("{}: cannot write: another process is writing it", path);
}

FileAppender::~FileAppender() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void FileAppender::cut(uint64_t size) {
    if (engine::is_first_rank() && ::ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
        fail("{}: cannot write: {}", path_, output_reason());
}

void FileAppender::write(std::string_view bytes) {
    if (engine::is_first_rank()) write_all(descriptor_, bytes, path_);
}

void FileAppender::sync() {
    if (engine::is_first_rank() && ::fsync(descriptor_) != 0)
        fail("{}: cannot write: {}", path_, output_reason());
}

} // namespace qstar
