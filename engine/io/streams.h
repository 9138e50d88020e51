#pragma once
// Large files piece by piece, so that no copy of the whole stands in memory.
//
// Every failure is an Error that names the file and the system's reason. One thread at a
// time uses one of them; read_at() may be called by several.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace qstar {

// Writes FILE.PID.tmp, which commit() syncs and renames over FILE, to which `path` leads; without
// a commit() the old file stays and nothing beside it. The folder must exist. What is no plain
// file (a device, a pipe, "-" for the standard output) is written into as the pieces come.
class FileWriter {
  public:
    explicit FileWriter(const std::string& path);
    ~FileWriter();
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    void write(std::string_view bytes);
    void commit();

  private:
    std::string path_, aside_;
    int descriptor_ = -1;
};

// Gives a file or folder another name and syncs both folders to the disk. Error if `to` is
// there and cannot be replaced.
void rename_synced(const std::string& from, const std::string& to);

// A plain file that is open, its size as it was when it was opened. Error for a pipe and "-".
class FileReader {
  public:
    explicit FileReader(const std::string& path);
    ~FileReader();
    FileReader(const FileReader&) = delete;
    FileReader& operator=(const FileReader&) = delete;

    uint64_t size() const { return size_; }
    // Exactly `count` bytes from `offset` on; Error if the file has become shorter.
    void read_at(uint64_t offset, void* to, size_t count) const;

    // The whole file in memory, without a copy: a page comes from the disk when it is touched, and
    // goes back when memory is short. It stays for as long as it is held. Null where the system
    // cannot. What is written there is this process's own and never reaches the file. A file that
    // is replaced by a rename, as FileWriter does, stays whole here; one that another program cuts
    // off in place ends this process (SIGBUS) when it looks for what was cut.
    std::shared_ptr<char> map() const;

  private:
    std::string path_;
    uint64_t size_ = 0;
    int descriptor_ = -1;
};

} // namespace qstar
