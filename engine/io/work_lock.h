#pragma once
// A lock on something that one program works on at a time, for hours perhaps.
//
// The file is there while the lock is held and says who holds it. The system frees the lock
// when its process ends, however that ends: a file that a killed process left behind locks
// nothing, and the next one takes it over.

#include <optional>
#include <string>

namespace qstar {

class WorkLock {
  public:
    // Error "`what` is being worked on by PROCESS" if another holds it; does not wait. The
    // folder of `path` must exist.
    WorkLock(const std::string& path, const std::string& what);
    ~WorkLock(); // removes the file
    WorkLock(const WorkLock&) = delete;
    WorkLock& operator=(const WorkLock&) = delete;

  private:
    std::string path_;
    int descriptor_ = -1;
};

// Who holds the lock of that path now; nothing where nobody does.
std::optional<std::string> work_lock_holder(const std::string& path);

} // namespace qstar
