#include "eval/measure/table.h"

#include "engine/base/error.h"
#include "eval/measure/interval.h"

#include <fmt/format.h>

namespace qstar::eval {

namespace {

std::string text_of(const Cell& cell, const Column& column) {
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    if (const auto* whole = std::get_if<int64_t>(&cell)) return fmt::format("{}", *whole);
    if (const auto* number = std::get_if<double>(&cell))
        return fmt::format("{:.{}f}", *number, column.decimals);
    if (const auto* share = std::get_if<Share>(&cell)) {
        const Interval interval = wilson(share->solved, share->n);
        const double percent =
            100.0 * static_cast<double>(share->solved) / static_cast<double>(share->n);
        return fmt::format("{} / {} | {:.1f} | {:.1f} - {:.1f}", share->solved, share->n, percent,
                           100 * interval.low, 100 * interval.high);
    }
    return "?";
}

void add_field(Json& object, const Cell& cell, const std::string& key) {
    if (const auto* share = std::get_if<Share>(&cell)) {
        const Interval interval = wilson(share->solved, share->n);
        object["solved"] = share->solved;
        object["n"] = share->n;
        object["low"] = interval.low;
        object["high"] = interval.high;
        return;
    }
    if (key.empty()) return;
    if (const auto* text = std::get_if<std::string>(&cell)) object[key] = *text;
    if (const auto* whole = std::get_if<int64_t>(&cell)) object[key] = *whole;
    if (const auto* number = std::get_if<double>(&cell)) object[key] = *number;
}

} // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
    if (row.size() != columns_.size())
        fail("a table of {} columns: found a row of {}", columns_.size(), row.size());
    rows_.push_back(std::move(row));
}

std::string Table::markdown() const {
    std::string head = "|", rule = "|";
    for (const Column& column : columns_) {
        if (column.title.empty()) continue;
        head += " " + column.title + " |";
        rule += column.kind == Column::Kind::text ? "---|" : "---:|";
        if (column.kind != Column::Kind::share) continue;
        head += " % | 95 % interval |";
        rule += "---:|---:|";
    }
    std::string out = head + "\n" + rule + "\n";
    for (const auto& row : rows_) {
        out += "|";
        for (size_t i = 0; i < row.size(); ++i)
            if (!columns_[i].title.empty()) out += " " + text_of(row[i], columns_[i]) + " |";
        out += "\n";
    }
    return out;
}

Json Table::json() const {
    Json rows = Json::array();
    for (const auto& row : rows_) {
        Json object = Json::object();
        for (size_t i = 0; i < row.size(); ++i) add_field(object, row[i], columns_[i].key);
        rows.push_back(std::move(object));
    }
    return rows;
}

} // namespace qstar::eval
