#include "engine/io/files.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/input.h"
#include "engine/io/streams.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace qstar {
namespace {

std::string reason() { return std::strerror(errno); }

// A file descriptor that is closed on every way out.
struct File {
    int descriptor = -1;
    ~File() {
        if (descriptor >= 0) ::close(descriptor);
    }
};

} // namespace

bool exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

bool is_folder(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
}

namespace {

std::string read_here(const std::string& path) {
    if (path.empty()) fail("expected the name of a file to read, found none");
    File file;
    file.descriptor = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                  : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const std::string name = input_name(path);
    if (file.descriptor < 0) fail("{}: cannot read: {}", name, reason());
    struct stat status {};
    if (::fstat(file.descriptor, &status) != 0) fail("{}: cannot read: {}", name, reason());
    if (S_ISDIR(status.st_mode)) fail("{}: expected a file, found a folder", name);

    // The size is a hint: a pipe has none and a file may grow while we read.
    std::string bytes;
    size_t filled = 0;
    bytes.resize(static_cast<size_t>(status.st_size) + 1);
    for (;;) {
        if (filled == bytes.size()) bytes.resize(bytes.size() * 2 + 4096);
        const ssize_t got = ::read(file.descriptor, bytes.data() + filled, bytes.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("{}: cannot read: {}", name, reason());
        if (got == 0) break;
        filled += static_cast<size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
}

} // namespace

std::string read_file(const std::string& path) {
    if (path != "-") return read_here(path);
    // mpirun gives its standard input to the first rank.
    return engine::from_first_rank(engine::is_first_rank() ? read_here(path) : "");
}

void write_file_atomic(const std::string& path, std::string_view bytes) {
    FileWriter file(path);
    file.write(bytes);
    file.commit();
}

void make_folders(const std::string& path) {
    engine::one_writes([&] {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) fail("{}: cannot make the folder: {}", path, error.message());
    });
    if (!is_folder(path)) fail("{}: expected a folder, found a file", path);
}

FileLock::FileLock(const std::string& path) {
    if (!engine::is_first_rank()) return;
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail("{}: cannot write: {}", path, reason());
    while (::flock(descriptor_, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        const std::string why = reason();
        ::close(descriptor_);
        fail("{}: cannot lock: {}", path, why);
    }
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::string join_path(const std::string& folder, const std::string& name) {
    return (std::filesystem::path(folder) / name).string();
}

} // namespace qstar
