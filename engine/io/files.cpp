#include "engine/io/files.h"

#include "engine/base/error.h"
#include "engine/base/process.h"
#include "engine/base/ranks.h"
#include "engine/io/input.h"
#include "engine/io/streams.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
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

constexpr size_t kMostOfStream = size_t{4} << 30; // of what has no size: a pipe, a device
constexpr size_t kAlwaysFits = size_t{64} << 20;

// Error where memory for so many bytes is not left.
void require_room(size_t bytes, const std::string& name) {
    if (bytes <= kAlwaysFits) return;
    const engine::MemoryLeft left = engine::memory_left();
    if (bytes > static_cast<uint64_t>(left.bytes))
        fail("{}: reading it takes {} of memory, but only {} are left {}", name,
             engine::memory_text(static_cast<int64_t>(bytes)), engine::memory_text(left.bytes),
             left.limit);
}

// The line that goes on at the end of what was read, for its bound.
struct LastLine {
    size_t longest; // 0: any length
    size_t begin = 0;
    int64_t number = 1;

    void pass(std::string_view bytes, size_t from, const std::string& name) {
        if (longest == 0) return;
        const std::string_view read = bytes.substr(from);
        const size_t last = read.find_last_of("\r\n");
        number += std::ranges::count(read, '\n');
        if (last != read.npos) begin = from + last + 1;
        if (bytes.size() - begin > longest)
            fail("{}:{}: expected lines of text, found one of more than {}", name, number,
                 engine::memory_text(static_cast<int64_t>(longest)));
    }
};

std::string read_here(const std::string& path, size_t longest_line) {
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
    const bool endless = !S_ISREG(status.st_mode);
    LastLine line{longest_line};
    const auto grow = [&](size_t size) {
        require_room(size, name);
        bytes.resize(size);
    };
    grow(static_cast<size_t>(status.st_size) + 1);
    for (;;) {
        if (filled == bytes.size()) grow(bytes.size() * 2 + 4096);
        const size_t room = std::min(bytes.size() - filled, kAlwaysFits);
        const ssize_t got = ::read(file.descriptor, bytes.data() + filled, room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("{}: cannot read: {}", name, reason());
        if (got == 0) break;
        const size_t from = filled;
        filled += static_cast<size_t>(got);
        line.pass(std::string_view(bytes).substr(0, filled), from, name);
        if (endless && filled > kMostOfStream)
            fail("{}: expected an end, found more than {}: write it into a file", name,
                 engine::memory_text(kMostOfStream));
    }
    bytes.resize(filled);
    return bytes;
}

std::string read_everywhere(const std::string& path, size_t longest_line) {
    if (path != "-") return read_here(path, longest_line);
    // mpirun gives its standard input to the first rank.
    return engine::from_first_rank(engine::is_first_rank() ? read_here(path, longest_line) : "");
}

} // namespace

std::string read_file(const std::string& path) { return read_everywhere(path, 0); }

std::string read_file_of_lines(const std::string& path) {
    return read_everywhere(path, kLongestLine);
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
