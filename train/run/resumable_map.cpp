#include "train/run/resumable_map.h"

#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <fmt/core.h>

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
    std::string there; // of each piece, as the first rank sees it
    for (int64_t first = 0; first < total; first += chunk)
        there += exists(piece(first)) ? 'y' : 'n';
    there = engine::from_first_rank(there);
    std::vector<int64_t> missing; // where the pieces begin that are to be made
    for (size_t i = 0; i < there.size(); ++i)
        if (there[i] == 'n') missing.push_back(static_cast<int64_t>(i) * chunk);
    Progress progress(stage.name() + "/" + stem, total, unit, 0, stage.quiet() || total == 0);
    int64_t done = total - std::ssize(missing) * chunk; // about
    // Each rank makes one of the next few pieces.
    const auto ranks = static_cast<size_t>(engine::ranks());
    for (size_t begin = 0; begin < missing.size(); begin += ranks) {
        const size_t mine = begin + static_cast<size_t>(engine::rank());
        std::string lines;
        if (mine < missing.size()) {
            const engine::Alone alone;
            lines = jsonl_text(work(missing[mine], std::min(chunk, total - missing[mine])));
        }
        const std::vector<std::string> made = engine::from_all_ranks(lines);
        engine::one_writes([&] {
            for (size_t i = begin; i < std::min(begin + ranks, missing.size()); ++i)
                write_file_atomic(piece(missing[i]), made[i - begin]);
        });
        done += chunk * static_cast<int64_t>(ranks);
        progress.update(std::min(done, total));
    }
    engine::one_writes([&] {
        std::string all;
        for (int64_t first = 0; first < total; first += chunk) all += read_file(piece(first));
        write_file_atomic(path, all);
    });
    progress.finish();
    return path;
}

} // namespace qstar::train
