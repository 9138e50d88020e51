#include "eval/report/results.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/output.h"
#include "engine/text/json.h"
#include "engine/text/sentence.h"
#include "eval/measure/table.h"
#include "eval/report/data.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/core.h>

namespace qstar::eval {

namespace {

// How a cell is written; `key` names the row's field.
enum class ResultCell { text, count, number, of_n, share_of_n, share, interval, interval_field };

struct ResultColumn {
    const char* title;
    const char* key;
    ResultCell cell;
};

struct ResultTable {
    const char* source; // of data.h, and of the page's JSON
    const char* heading;
    std::vector<ResultColumn> columns;
};

const std::vector<ResultTable>& result_tables() {
    static const std::vector<ResultTable> all = {
        {"ladder",
         "The ladder",
         {{"method", "method", ResultCell::text},
          {"budget", "budget", ResultCell::count},
          {"solved", "solved", ResultCell::of_n},
          {"%", "solved", ResultCell::share_of_n},
          {"95 %", "", ResultCell::interval},
          {"tokens", "tokens", ResultCell::number},
          {"seconds", "seconds", ResultCell::number}}},
        {"best_of_n",
         "Best of N",
         {{"method", "method", ResultCell::text},
          {"N", "n", ResultCell::count},
          {"%", "mean", ResultCell::share},
          {"95 %", "", ResultCell::interval},
          {"tokens", "tokens", ResultCell::number}}},
        {"curve",
         "Solved against tokens",
         {{"method", "method", ResultCell::text},
          {"scorer", "scorer", ResultCell::text},
          {"budget", "budget", ResultCell::count},
          {"solved", "solved", ResultCell::of_n},
          {"%", "solved", ResultCell::share_of_n},
          {"95 %", "", ResultCell::interval},
          {"tokens", "tokens", ResultCell::number},
          {"seconds", "seconds", ResultCell::number}}},
        {"policies",
         "Policies",
         {{"policy", "method", ResultCell::text},
          {"budget", "budget", ResultCell::count},
          {"solved", "solved", ResultCell::of_n},
          {"%", "solved", ResultCell::share_of_n},
          {"95 %", "", ResultCell::interval},
          {"tokens", "tokens", ResultCell::number},
          {"seconds", "seconds", ResultCell::number}}},
        {"preference_win_rate",
         "What preferences move",
         {{"policy", "policy", ResultCell::text},
          {"learned from", "learned_from", ResultCell::text},
          {"won %", "wins", ResultCell::share},
          {"95 %", "wins_interval", ResultCell::interval_field},
          {"KL", "kl", ResultCell::number},
          {"right", "right", ResultCell::of_n},
          {"95 %", "right_interval", ResultCell::interval_field},
          {"right, greedy", "greedy_right", ResultCell::of_n},
          {"tokens", "tokens", ResultCell::number}}},
        {"early_stop",
         "Stopping at a bad step",
         {{"threshold", "threshold", ResultCell::number},
          {"solved", "solved", ResultCell::of_n},
          {"%", "solved", ResultCell::share_of_n},
          {"95 %", "", ResultCell::interval},
          {"tokens", "tokens", ResultCell::number}}},
        {"first_error",
         "The first wrong step",
         {{"PRM", "scorer", ResultCell::text},
          {"with an error", "erroneous", ResultCell::count},
          {"named", "named", ResultCell::count},
          {"95 %", "named_interval", ResultCell::interval_field},
          {"without one", "flawless", ResultCell::count},
          {"passed", "passed", ResultCell::count},
          {"95 %", "passed_interval", ResultCell::interval_field},
          {"F1", "f1", ResultCell::number}}},
        {"label_sources",
         "Sources of labels",
         {{"labels by", "labels_by", ResultCell::text},
          {"labels", "labels", ResultCell::count},
          {"judgements", "judgements", ResultCell::count},
          {"roll-out tokens", "rollout_tokens", ResultCell::count},
          {"N", "n", ResultCell::count},
          {"%", "mean", ResultCell::share},
          {"95 %", "", ResultCell::interval}}},
        {"game24",
         "The Game of 24",
         {{"method", "method", ResultCell::text},
          {"solved, budget by budget", "solved", ResultCell::count},
          {"hands", "n", ResultCell::count},
          {"95 % of the last", "", ResultCell::interval},
          {"median tokens", "median_tokens", ResultCell::number},
          {"seconds", "seconds", ResultCell::number}}}};
    return all;
}

// Three figures; whole from 100 on.
std::string figure_text(double value) {
    const double size = std::abs(value);
    return fmt::format("{:.{}f}", value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

std::string interval_text(double low, double high) {
    return fmt::format("{:.1f} - {:.1f}", 100 * low, 100 * high);
}

std::string cell_text(const ResultColumn& column, const Json& row) {
    if (column.cell == ResultCell::interval) return interval_text(row.at("low"), row.at("high"));
    if (!row.contains(column.key) || row.at(column.key).is_null()) return "-";
    const Json& value = row.at(column.key);
    switch (column.cell) {
    case ResultCell::text:
        return value.get<std::string>();
    case ResultCell::of_n:
        return fmt::format("{} / {}", value.get<int64_t>(), row.at("n").get<int64_t>());
    case ResultCell::share_of_n:
        return fmt::format("{:.1f}",
                           100 * value.get<double>() / std::max(1.0, row.at("n").get<double>()));
    case ResultCell::share:
        return fmt::format("{:.1f}", 100 * value.get<double>());
    case ResultCell::interval_field:
        return interval_text(value.at(0), value.at(1));
    case ResultCell::number:
        return figure_text(value.get<double>());
    default:
        break;
    }
    if (!value.is_array()) return fmt::format("{}", value.get<int64_t>());
    std::string all;
    for (const Json& each : value)
        all += fmt::format("{}{}", all.empty() ? "" : ", ", each.get<int64_t>());
    return all;
}

std::string table_text(const ResultTable& table, const Json& measured) {
    std::vector<Column> columns;
    for (const ResultColumn& column : table.columns)
        columns.push_back(
            {"", column.title,
             column.cell == ResultCell::text ? Column::Kind::text : Column::Kind::number});
    Table out(std::move(columns));
    for (const Json& row : measured.at("rows")) {
        std::vector<Cell> cells;
        for (const ResultColumn& column : table.columns) cells.push_back(cell_text(column, row));
        out.add(std::move(cells));
    }
    return out.markdown();
}

std::string command_text(const std::string& command) {
    return command.empty() ? "" : fmt::format("\n    {}\n", command);
}

// "500 problems of the test split, seed 1; 37 s."
std::string measured_on(const ResultTable& table, const Json& measured, const Json& data) {
    std::string out;
    if (measured.contains("problems"))
        out += fmt::format("{} problems of the {} split, ", measured.at("problems").get<int64_t>(),
                           measured.value("split", "test"));
    out += fmt::format("seed {}", measured.at("seed").get<uint64_t>());
    for (const char* name : {"samples", "shuffles"})
        if (measured.contains(name))
            out += fmt::format(", {} {}", measured.at(name).get<int64_t>(), name);
    if (measured.contains("budgets")) out += ", budgets " + measured.at("budgets").dump();
    std::string stage = table.source;
    std::replace(stage.begin(), stage.end(), '_', '-');
    if (data.contains("times") && data.at("times").at("seconds").contains(stage))
        out += fmt::format("; measured in {} s",
                           figure_text(data.at("times").at("seconds").at(stage).get<double>()));
    return out + ".\n";
}

std::string claims_text(const Json& data) {
    std::string out = "| | claim | verdict | why |\n|---:|---|---|---|\n";
    for (const Json& claim : data.at("claims").at("claims"))
        out +=
            fmt::format("| {} | {} | {} | {} |\n", claim.at("number").get<int>(),
                        claim.at("statement").get<std::string>(),
                        claim.at("verdict").get<std::string>(), claim.at("why").get<std::string>());
    return out;
}

// The run's stages in their order: the command of each, and what it took where the demo timed it.
std::string stages_text(const Json& data) {
    std::string out;
    for (size_t i = 0; i < data.at("stages").size(); ++i) {
        const std::string command = stage_command(data, i);
        if (command.empty()) continue;
        out += "    " + command;
        const std::string name = data.at("stages").at(i).at("stage");
        if (data.contains("times") && data.at("times").at("seconds").contains(name))
            out += fmt::format("   # {} s",
                               figure_text(data.at("times").at("seconds").at(name).get<double>()));
        out += "\n";
    }
    return out;
}

std::string chapter_text(const std::string& run) {
    const Json data = read_run(run);
    std::string out =
        fmt::format("## {}\n\nThe world {}, seed {}.\n", data.at("folder").get<std::string>(),
                    data.at("world").get<std::string>(), data.at("seed").dump());
    if (data.contains("times")) {
        double seconds = 0;
        for (const auto& [stage, took] : data.at("times").at("seconds").items())
            seconds += took.get<double>();
        const bool quick = data.at("times").value("demo", Json::object()).value("quick", false);
        out += fmt::format("{}All of it is made by one command, which took {:.0f} s:\n{}",
                           quick ? "Its model of a few seconds knows next to nothing: the figures "
                                   "show the way, not the heights. "
                                 : "",
                           seconds, command_text(command_of("times", data)));
    }
    for (const ResultTable& table : result_tables()) {
        if (!data.contains(table.source)) continue;
        const Json& measured = data.at(table.source);
        out +=
            fmt::format("\n### {}\n\n{}\n{}{}", table.heading, measured_on(table, measured, data),
                        table_text(table, measured), command_text(command_of(table.source, data)));
    }
    if (data.contains("claims"))
        out += fmt::format("\n### The claims\n\n{}{}", claims_text(data),
                           command_text(command_of("claims", data)));
    if (const std::string stages = stages_text(data); !stages.empty())
        out += "\n### Its stages\n\n" + stages;
    return out;
}

} // namespace

void describe(Flags& f, ResultsOptions& o) {
    f.list("run", o.runs, "the runs' folders: runs/demo,runs/countdown");
    f.text("out", o.out, "write them to this file (default: print them)").output();
}

std::string results(const std::vector<std::string>& runs) {
    std::string out =
        "# Results\n\nWritten by `qstar eval results` from the runs' own files. Tokens "
        "are those that the models read and wrote for a problem, proposed and "
        "scored; intervals are 95 % after Wilson; no problem stands in a training "
        "text. Seconds are those of one machine. Under each table stands the "
        "command that makes it again.\n";
    for (const std::string& run : runs) {
        try {
            out += "\n" + chapter_text(run);
        } catch (const JsonError& e) {
            fail("{}: a file of measures is not what it should be: {}", run, sentence_of(e));
        }
    }
    return out;
}

void write_results(const ResultsOptions& options) {
    std::string text = results(options.runs);
    if (options.out.empty()) {
        fmt::print("{}", text);
        return;
    }
    if (std::filesystem::is_regular_file(options.out)) {
        const std::string before = "\n" + read_file_of_lines(options.out);
        if (const size_t at = before.find(std::string("\n") + kKeptFrom + "\n"); at != before.npos)
            text += before.substr(at);
    }
    write_file_atomic(options.out, text);
    fmt::print(messages_beside(options.out), "The results are in {}\n", options.out);
}

} // namespace qstar::eval
