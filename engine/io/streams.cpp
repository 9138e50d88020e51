#include "engine/io/streams.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/output.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace qstar {
namespace {

std::string system_says() { return std::strerror(errno); }

} // namespace

void rename_synced(const std::string& from, const std::string& to) {
    engine::one_writes([&] {
        if (::rename(from.c_str(), to.c_str()) != 0)
            fail("{}: cannot be renamed to {}: {}", from, to, system_says());
        sync_folder_of(from);
        sync_folder_of(to);
    });
}

FileWriter::FileWriter(const std::string& path) {
    if (!engine::is_first_rank()) return;
    const OutputPlace place = output_place(path);
    path_ = place.file.empty() ? place.name : place.file;
    descriptor_ = place.descriptor;
    if (place.file.empty()) return;
    aside_ = fmt::format("{}.{}.tmp", path_, ::getpid());
    descriptor_ = ::open(aside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail("{}: cannot write: {}", path_, system_says());
    struct stat old {}; // whoever may read or write it may do so afterwards
    if (::stat(path_.c_str(), &old) == 0) (void)::fchmod(descriptor_, old.st_mode & 0777);
}

FileWriter::~FileWriter() {
    if (descriptor_ < 0) return; // committed
    ::close(descriptor_);
    if (!aside_.empty()) ::unlink(aside_.c_str());
}

void FileWriter::write(std::string_view bytes) {
    if (engine::is_first_rank()) write_all(descriptor_, bytes, path_);
}

void FileWriter::commit() {
    engine::one_writes([&] {
        if (!aside_.empty()) move_into_place(descriptor_, aside_, path_);
        ::close(descriptor_);
        descriptor_ = -1;
    });
}

FileReader::FileReader(const std::string& path) : path_(path) {
    if (path.empty()) fail("expected the name of a file to read, found none");
    if (path == "-") fail("standard input: cannot read: it would have to be read more than once");
    // A pipe is not waited for: it is refused.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor_ < 0) fail("{}: cannot read: {}", path, system_says());
    struct stat status {};
    const bool known = ::fstat(descriptor_, &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
        const std::string why =
            known ? "it is no plain file, and would have to be read more than once" : system_says();
        ::close(descriptor_);
        if (known && S_ISDIR(status.st_mode)) fail("{}: expected a file, found a folder", path);
        fail("{}: cannot read: {}", path, why);
    }
    size_ = static_cast<uint64_t>(status.st_size);
}

FileReader::~FileReader() { ::close(descriptor_); }

std::shared_ptr<char> FileReader::map() const {
    const auto size = static_cast<size_t>(size_);
    if (size == 0) return {};
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor_, 0);
    if (memory == MAP_FAILED) return {};
    ::madvise(memory, size, MADV_WILLNEED); // a hint: it is read from the disk in long runs
    return {static_cast<char*>(memory), [size](char* p) { ::munmap(p, size); }};
}

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
