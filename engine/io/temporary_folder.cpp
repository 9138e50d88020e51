#include "engine/io/temporary_folder.h"

#include "engine/base/ranks.h"
#include "engine/io/files.h"

#include <atomic>
#include <filesystem>
#include <fmt/core.h>
#include <system_error>
#include <unistd.h>

namespace qstar {

TemporaryFolder::TemporaryFolder(std::string_view what) {
    static std::atomic<int> count{0};
    path_ = engine::from_first_rank(
        join_path(std::filesystem::temp_directory_path().string(),
                  fmt::format("qstar-{}-{}-{}", what, ::getpid(), count++)));
    make_folders(path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    if (engine::is_first_rank()) std::filesystem::remove_all(path_, ignored);
}

} // namespace qstar
