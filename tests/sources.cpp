#include "tests/sources.h"

#include "engine/io/files.h"
#include "tests/paths.h"

#include <algorithm>
#include <filesystem>

namespace qstar::tests {

std::vector<std::string> files_below(const std::string& folder) {
    std::vector<std::string> files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(join_path(source_dir, folder))) {
        if (!entry.is_regular_file()) continue;
        files.push_back(std::filesystem::relative(entry.path(), source_dir).string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

bool is_source(const std::string& path) { return path.ends_with(".h") || path.ends_with(".cpp"); }

std::vector<std::string> sources() {
    std::vector<std::string> result;
    for (const char* floor : {"engine", "tokenizer", "search", "train", "eval"})
        for (const auto& path : files_below(floor))
            if (is_source(path)) result.push_back(path);
    return result;
}

std::string source_text(const std::string& path) { return read_file(join_path(source_dir, path)); }

} // namespace qstar::tests
