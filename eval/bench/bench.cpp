#include "eval/bench/bench.h"

#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/text/jsonl.h"

#include <fmt/core.h>

namespace qstar::eval {

std::vector<int> thread_counts(const BenchOptions& options) {
    if (options.threads > 0) return {options.threads};
    const int all = engine::cpu().processors;
    return all > 1 ? std::vector<int>{1, all} : std::vector<int>{1};
}

Report::Report(const BenchOptions& options, std::string title, bool with_peak)
    : options_(options), title_(std::move(title)), with_peak_(with_peak) {
    if (!options_.lines) fmt::print("{}\nprocessor: {}\n\n", title_, engine::cpu().brand);
    std::fflush(stdout);
}

bool Report::wants(const std::string& work) const {
    return work.find(options_.only) != std::string::npos;
}

void Report::add(const Row& row) {
    if (options_.lines) {
        fmt::print("{}\n", json_text(row_json(row)));
    } else {
        if (rows_.empty()) fmt::print("{}", heading_text(with_peak_));
        fmt::print("{}", row_text(row));
    }
    std::fflush(stdout);
    rows_.push_back(row);
    if (row.peak > 0 && row.ours.median > 1.1 * row.peak)
        note("  A product above the peak: the peak was disturbed, or its loop is badly compiled.");
}

void Report::note(const std::string& sentence) {
    if (!options_.lines) fmt::print("{}\n", sentence);
    std::fflush(stdout);
}

void Report::finish() {
    if (rows_.empty() && !options_.only.empty())
        fail("--only: no work's name contains \"{}\"", options_.only);
    if (options_.json.empty()) return;
    Json list = Json::array();
    for (const Row& row : rows_) list.push_back(row_json(row));
    write_json(options_.json, list);
}

} // namespace qstar::eval
