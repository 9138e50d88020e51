#include "train/run/resumable_map.h"

#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <fmt/format.h>

namespace qstar::train {

std::string resumable_map(const Stage& stage, const std::string& name, const std::string& unit,
                          int64_t total, int64_t chunk,
                          const std::function<std::vector<Json>(int64_t, int64_t)>& work) {
    const std::string path = stage.path(name);
    const std::string folder = stage.path("partial");
    const std::string stem = name.substr(0, name.find('.'));
    const auto piece = [&](int64_t first) {
        return join_path(folder, fmt::format("{}-{:06}.jsonl", stem, first / chunk));
    };
    make_folders(folder);
    Progress progress(stage.name() + "/" + stem, total, unit, 0, stage.quiet() || total == 0);
    for (int64_t first = 0; first < total; first += chunk) {
        const int64_t count = std::min(chunk, total - first);
        if (!exists(piece(first))) write_jsonl(piece(first), work(first, count));
        progress.update(first + count);
    }
    std::string all;
    for (int64_t first = 0; first < total; first += chunk) all += read_file(piece(first));
    write_file_atomic(path, all);
    progress.finish();
    return path;
}

} // namespace qstar::train
