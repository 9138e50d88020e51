#include "eval/overlap.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"
#include "tokenizer/special.h"
#include "train/run.h"

#include <unordered_set>

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

} // namespace

int64_t check_overlap(const std::string& run, std::span<const std::string> problems) {
    const std::unordered_set<std::string> held_out(problems.begin(), problems.end());
    int64_t compared = 0;
    for (const auto& [stage, name] :
         {std::pair{"corpus", "worksheets.jsonl"}, std::pair{"corpus", "curated.jsonl"},
          std::pair{"labels", "outcomes.jsonl"}, std::pair{"labels", "steps.jsonl"}}) {
        const std::string path = train::stage_file(run, stage, name);
        if (!exists(path)) continue;
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
