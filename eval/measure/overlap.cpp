#include "eval/measure/overlap.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tokenizer/special.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_set>
#include <vector>

namespace qstar::eval {

namespace {

// Every text in the value, split where a line of a solution ends.
void collect_lines(const Json& value, std::vector<std::string>& lines) {
    if (value.is_structured()) {
        for (const Json& part : value) collect_lines(part, lines);
        return;
    }
    if (!value.is_string()) return;
    std::string text = value.get<std::string>();
    for (const std::string_view mark :
         {tokenizer::end_of_text, tokenizer::problem, tokenizer::step, tokenizer::answer}) {
        for (size_t at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
            text.replace(at, mark.size(), "\n");
        }
    }
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        if (end > begin) lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
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
    int64_t compared = 0;
    for (const std::string& path : training_files(run)) {
        for (const JsonLine& line : read_jsonl(path)) {
            std::vector<std::string> lines;
            collect_lines(line.value, lines);
            compared += static_cast<int64_t>(lines.size());
            for (const std::string& text : lines) {
                if (!held_out.contains(text)) continue;
                fail("{}: the held-out problem {} stands in a training text", line.where, text);
            }
        }
    }
    return compared;
}

} // namespace qstar::eval
