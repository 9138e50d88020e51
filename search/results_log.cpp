#include "search/results_log.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"

#include <cstdio>
#include <filesystem>
#include <fmt/core.h>
#include <unistd.h>

namespace qstar::search {

namespace {

// "--budget was 300, not 400"
std::string difference(const Json& before, const Json& now) {
    for (const auto& [key, value] : before.items()) {
        if (!now.contains(key)) return fmt::format("{} was {}", key, json_text(value));
        if (now[key] != value)
            return fmt::format("{} was {}, not {}", key, json_text(value), json_text(now[key]));
    }
    for (const auto& [key, value] : now.items())
        if (!before.contains(key)) return fmt::format("{} was not given", key);
    return "";
}

// Nothing can be lost there.
bool empty_file(const std::string& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    return error ? !exists(path) : size == 0;
}

} // namespace

ResultsLog::ResultsLog(const std::string& out, const Json& call, std::vector<std::string> problems)
    : problems_(std::move(problems)) {
    engine::one_writes([&] { open(out, call); });
    std::string rows; // those of a call before, for all ranks
    for (const Json& row : rows_) rows += json_text(row) + "\n";
    rows = engine::from_first_rank(rows);
    if (engine::is_first_rank()) return;
    for (JsonLine& line : parse_jsonl(rows, out)) rows_.push_back(std::move(line.value));
}

void ResultsLog::open(const std::string& out, const Json& call) {
    const OutputPlace place = output_place(out.empty() ? "-" : out);
    name_ = place.name;
    file_ = place.file;
    descriptor_ = place.descriptor;
    if (file_.empty()) return;
    const bool begun = exists(file_ + ".unfinished");
    lines_ = begun || empty_file(file_) ? file_ : file_ + ".partial";
    record_ = lines_ + ".unfinished";
    appender_ = std::make_unique<FileAppender>(lines_);
    descriptor_ = appender_->descriptor();
    try {
        take_up(call);
    } catch (...) {
        if (empty_file(lines_)) std::remove(lines_.c_str());
        throw;
    }
    note_ = std::make_unique<InterruptNote>(
        fmt::format("interrupted; the results so far are in {}, and the same command goes on from "
                    "there",
                    lines_));
}

// Reads what an interrupted call has left, drops a line that was cut off in its middle, and sees
// to it that the record is this call's.
void ResultsLog::take_up(const Json& call) {
    const std::string text = read_file(lines_);
    const std::string_view whole = std::string_view(text).substr(0, text.rfind('\n') + 1);
    const std::string remedy =
        fmt::format("give the flags that it was begun with, or remove {} and {} to begin anew",
                    lines_, record_);
    if (!whole.empty()) {
        if (!exists(record_)) fail("{}: expected {} beside it; remove it first", lines_, record_);
        const std::string other = difference(read_json(record_).value, call);
        if (!other.empty())
            fail("{}: expected the unfinished results of this search, but {}: {}", lines_, other,
                 remedy);
    }
    for (JsonLine& line : parse_jsonl(whole, lines_)) {
        if (rows_.size() == problems_.size())
            fail("{}: expected {} results, found more: {}", line.where, problems_.size(), remedy);
        const std::string& problem = problems_[rows_.size()];
        if (string_field(line, "problem") != problem)
            fail("{}: expected a result of \"{}\", found one of \"{}\": {}", line.where, problem,
                 string_field(line, "problem"), remedy);
        rows_.push_back(std::move(line.value));
    }
    appender_->cut(whole.size());
    if (rows_.empty())
        write_json(record_, call);
    else
        fmt::print(stderr, "search: goes on after {} of {} results in {}\n", rows_.size(),
                   problems_.size(), lines_);
}

ResultsLog::~ResultsLog() {
    if (descriptor_ < 0) return; // the first rank has it
    if (file_.empty()) {
        ::close(descriptor_);
    } else if (!finished_ && rows_.empty()) {
        std::remove(lines_.c_str());
        std::remove(record_.c_str());
    }
}

void ResultsLog::add(Json row) {
    if (engine::is_first_rank()) write_all(descriptor_, json_text(row) + "\n", name_);
    rows_.push_back(std::move(row));
}

void ResultsLog::finish() {
    engine::one_writes([&] {
        finished_ = true;
        if (file_.empty()) return;
        if (lines_ == file_)
            appender_->sync();
        else
            move_into_place(descriptor_, lines_, file_);
        remove_file(record_);
        note_.reset();
    });
}

} // namespace qstar::search
