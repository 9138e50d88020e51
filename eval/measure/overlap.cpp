#include "eval/measure/overlap.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "train/data/worlds/split.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace qstar::eval {

namespace {

// Every text in the value, line by line.
void collect_lines(const Json& value, std::vector<std::string>& lines) {
    if (value.is_structured()) {
        for (const Json& part : value) collect_lines(part, lines);
        return;
    }
    if (!value.is_string()) return;
    for (std::string& line : train::shown_lines(value.get<std::string>()))
        lines.push_back(std::move(line));
}

// Whatever a stage of the run learned from, wherever it stands, in a fixed order.
std::vector<std::string> training_files(const std::string& run) {
    const std::set<std::string> names = {"worksheets.jsonl", "curated.jsonl",  "outcomes.jsonl",
                                         "steps.jsonl",      "rollouts.jsonl", "confirmed.jsonl",
                                         "learned.jsonl",    "ranks.jsonl"};
    std::vector<std::string> files;
    if (!exists(run)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run))
        if (names.contains(entry.path().filename().string()))
            files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
}

// The hashes of a training file's lines, ascending.
using Hashes = std::shared_ptr<const std::vector<size_t>>;

Hashes read_hashes(const std::string& path) {
    std::vector<size_t> all;
    for (const std::vector<size_t>& item : items_of_jsonl(path, [](const JsonLine& line) {
             std::vector<std::string> texts;
             collect_lines(line.value, texts);
             std::vector<size_t> hashes;
             for (const std::string& text : texts) hashes.push_back(std::hash<std::string>()(text));
             return hashes;
         }))
        all.insert(all.end(), item.begin(), item.end());
    std::sort(all.begin(), all.end());
    return std::make_shared<const std::vector<size_t>>(std::move(all));
}

// As the file is now. A demo's studies ask for the same files again and again, and millions of
// lines take seconds to read: what was read stands as long as the file's size and time do. May be
// called by several threads.
Hashes hashes_in(const std::string& path) {
    struct Read {
        uintmax_t size = 0;
        std::filesystem::file_time_type written;
        Hashes hashes;
    };
    static std::mutex one;
    static std::map<std::string, Read> known;
    const std::lock_guard lock(one);
    const auto size = std::filesystem::file_size(path);
    const auto written = std::filesystem::last_write_time(path);
    Read& read = known[path];
    if (read.hashes == nullptr || read.size != size || read.written != written)
        read = {size, written, read_hashes(path)};
    return read.hashes;
}

// Names the line of the file in which one of the problems stands, if one does.
void refuse_held_out(const std::string& path, const std::unordered_set<std::string>& held_out) {
    for (const JsonLine& line : read_jsonl(path)) {
        std::vector<std::string> texts;
        collect_lines(line.value, texts);
        for (const std::string& text : texts)
            if (held_out.contains(text))
                fail("{}: the held-out problem {} stands in a training text", line.where, text);
    }
}

} // namespace

int64_t check_overlap(const std::string& run, std::span<const std::string> problems) {
    int64_t compared = 0;
    for (const std::string& path : training_files(run)) {
        const Hashes hashes = hashes_in(path);
        compared += std::ssize(*hashes);
        const auto stands_there = [&](const std::string& problem) {
            return std::ranges::binary_search(*hashes, std::hash<std::string>()(problem));
        };
        if (std::ranges::any_of(problems, stands_there))
            refuse_held_out(path, {problems.begin(), problems.end()});
    }
    return compared;
}

} // namespace qstar::eval
