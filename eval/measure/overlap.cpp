#include "eval/measure/overlap.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "train/data/worlds/split.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
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

} // namespace

int64_t check_overlap(const std::string& run, std::span<const std::string> problems) {
    const std::unordered_set<std::string> held_out(problems.begin(), problems.end());
    struct Compared {
        int64_t lines = 0;
        std::string found, where; // a held-out problem, if any
    };
    const auto compare = [&](const JsonLine& line) {
        std::vector<std::string> lines;
        collect_lines(line.value, lines);
        const auto found = std::find_if(lines.begin(), lines.end(), [&](const std::string& text) {
            return held_out.contains(text);
        });
        if (found == lines.end()) return Compared{std::ssize(lines), "", ""};
        return Compared{std::ssize(lines), *found, line.where};
    };
    int64_t compared = 0;
    for (const std::string& path : training_files(run))
        for (const Compared& line : items_of_jsonl(path, compare)) {
            if (!line.where.empty())
                fail("{}: the held-out problem {} stands in a training text", line.where,
                     line.found);
            compared += line.lines;
        }
    return compared;
}

} // namespace qstar::eval
