#pragma once
// A folder of its own in the system's place for what is temporary, gone with its owner.

#include <string>
#include <string_view>

namespace qstar {

class TemporaryFolder {
  public:
    // Named after `what`, this process and how many there were before. Error if it cannot be made.
    explicit TemporaryFolder(std::string_view what);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

} // namespace qstar
