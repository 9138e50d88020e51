#pragma once
// Whole files: read in one piece, written aside and renamed.
//
// A reader of a file that write_file_atomic() makes sees the old bytes or the new
// ones, never a part, also after a crash. Every failure is an Error that names
// the file and the system's reason. Safe from any thread for different paths.

#include <string>
#include <string_view>

namespace qstar {

bool exists(const std::string& path); // file or folder
bool is_folder(const std::string& path);

// All bytes of a file, pipe or "-" (standard input). Error if missing, unreadable or a folder, and
// for what has no end: more than 4 GiB of a pipe or device, or more than the memory that is left.
std::string read_file(const std::string& path);

// The same of a text of others, which has lines. Error, naming the line, if one is longer than
// kLongestLine: what is no text (/dev/zero) is not read until memory is full.
inline constexpr size_t kLongestLine = size_t{256} << 20;
std::string read_file_of_lines(const std::string& path);

// As a FileWriter (streams.h): aside, synced, renamed over `path`, links followed, "-" and
// devices written into. On an Error the old file is as it was. The folder must exist.
void write_file_atomic(const std::string& path, std::string_view bytes);

// Makes a folder and those above it; no error if it is there already.
void make_folders(const std::string& path);

// A lock that programs hold one at a time (the first rank for all of its program), for as long as
// it lives: `path` is made if it is missing, and stays. Waits for the one who has it. Ends with the
// program, however that ends.
class FileLock {
  public:
    explicit FileLock(const std::string& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    int descriptor_ = -1;
};

// "runs/demo" + "model.safetensors" -> "runs/demo/model.safetensors"
std::string join_path(const std::string& folder, const std::string& name);

} // namespace qstar
