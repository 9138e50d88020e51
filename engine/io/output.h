#pragma once
// Where output goes that a user named: a plain file, a device, a pipe, the standard output.
//
// Every failure is an Error that names the output and the system's reason. One thread at a
// time uses one of them.

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace qstar {

// A plain file is replaced as a whole; everything else is written into.
struct OutputPlace {
    std::string name;    // for error messages
    std::string file;    // a plain file, there or not yet, where all symbolic links end; or empty:
    int descriptor = -1; // open for writing, the caller closes it
};

// "-" is the standard output, /dev/stdout, /dev/fd/N and /proc/self/fd/N are descriptors that are
// open already. Error for a folder, and for links that lead nowhere.
OutputPlace output_place(const std::string& path);

// Where a command that writes `path` says what it does: the standard output, or the standard error
// where the other one is what it writes.
std::FILE* messages_beside(const std::string& path);

// All bytes, in as few calls of the system as it takes.
void write_all(int descriptor, std::string_view bytes, const std::string& name);

// Syncs the file `from`, open as `descriptor`, renames it to `to` in the same folder and syncs
// the folder: after a crash there is the old file or the new one.
void move_into_place(int descriptor, const std::string& from, const std::string& to);

// The names in a file's folder reach the disk, where its file system can do that.
void sync_folder_of(const std::string& path);

// Removes a file, if it is there, so that it is gone after a crash, too.
void remove_file(const std::string& path);

// A plain file that grows at its end. What was written is in the file when write() returns: a
// killed process tears at most what it was writing. Error if another process has it open so.
class FileAppender {
  public:
    explicit FileAppender(const std::string& path); // made if it is missing
    ~FileAppender();
    FileAppender(const FileAppender&) = delete;
    FileAppender& operator=(const FileAppender&) = delete;

    void cut(uint64_t size); // drops what stands behind the first `size` bytes
    void write(std::string_view bytes);
    void sync();
    int descriptor() const { return descriptor_; }

  private:
    std::string path_;
    int descriptor_ = -1;
};

} // namespace qstar
