#include "engine/io/streams.h"

#include "engine/error.h"
#include "engine/io/files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace qstar {
namespace {

std::string system_says() { return std::strerror(errno); }

// The new name itself must reach the disk too; some file systems cannot sync a folder, and
// then there is nothing more to do.
void sync_folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path().string();
    const char* folder = parent.empty() ? "." : parent.c_str();
    const int descriptor = ::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

} // namespace

void rename_synced(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        fail("{}: cannot be renamed to {}: {}", from, to, system_says());
    sync_folder_of(from);
    sync_folder_of(to);
}

FileWriter::FileWriter(const std::string& path)
    : path_(path), aside_(fmt::format("{}.{}.tmp", path, ::getpid())) {
    if (is_folder(path)) fail("{}: cannot write: it is a folder", path);
    descriptor_ = ::open(aside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail("{}: cannot write: {}", path, system_says());
}

FileWriter::~FileWriter() {
    if (descriptor_ < 0) return; // committed
    ::close(descriptor_);
    ::unlink(aside_.c_str());
}

void FileWriter::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("{}: cannot write: {}", path_, system_says());
        bytes.remove_prefix(static_cast<size_t>(written));
    }
}

void FileWriter::commit() {
    if (::fsync(descriptor_) != 0) fail("{}: cannot write: {}", path_, system_says());
    if (::rename(aside_.c_str(), path_.c_str()) != 0) {
        fail("{}: cannot replace it: {}", path_, system_says());
    }
    ::close(descriptor_);
    descriptor_ = -1;
    sync_folder_of(path_);
}

FileReader::FileReader(const std::string& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("{}: cannot read: {}", path, system_says());
    struct stat status {};
    const bool known = ::fstat(descriptor_, &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
        const std::string why = known ? "not a regular file" : system_says();
        ::close(descriptor_);
        if (known && S_ISDIR(status.st_mode)) fail("{}: expected a file, found a folder", path);
        fail("{}: cannot read: {}", path, why);
    }
    size_ = static_cast<uint64_t>(status.st_size);
}

FileReader::~FileReader() { ::close(descriptor_); }

void FileReader::read_at(uint64_t offset, void* to, size_t count) const {
    auto* bytes = static_cast<char*>(to);
    while (count > 0) {
        const ssize_t got = ::pread(descriptor_, bytes, count, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("{}: cannot read: {}", path_, system_says());
        if (got == 0)
            fail("{}: the file ends at byte {}, {} more were expected", path_, offset, count);
        bytes += got;
        offset += static_cast<uint64_t>(got);
        count -= static_cast<size_t>(got);
    }
}

} // namespace qstar
