#include "eval/measure/table.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::eval {

namespace {

std::string percent_text(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string bounds_text(const Interval& interval) {
    return percent_text(interval.low) + " - " + percent_text(interval.high);
}

Estimate estimate_of(const Share& share) {
    return {static_cast<double>(share.solved) / static_cast<double>(share.n),
            wilson(share.solved, share.n)};
}

std::string in_one(const Estimate& estimate) {
    return fmt::format("{}{} ({})", percent_text(estimate.mean),
                       estimate.deviation ? " ± " + percent_text(*estimate.deviation) : "",
                       bounds_text(estimate.interval));
}

// What each kind of cell is in Markdown, and in JSON.
struct CellText {
    const Column& column;
    std::string operator()(std::monostate) const {
        return column.kind == Column::Kind::share ? "? | ? | ?" : "?";
    }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(int64_t whole) const { return fmt::format("{}", whole); }
    std::string operator()(double number) const {
        return fmt::format("{:.{}f}", number, column.decimals);
    }
    std::string operator()(const Share& share) const {
        const Estimate estimate = estimate_of(share);
        if (column.kind == Column::Kind::share_in_one) return in_one(estimate);
        return fmt::format("{} / {} | {} | {}", share.solved, share.n, percent_text(estimate.mean),
                           bounds_text(estimate.interval));
    }
    std::string operator()(const Estimate& estimate) const { return in_one(estimate); }
    std::string operator()(const Percent& percent) const {
        return percent_text(percent.share) + " %";
    }
    std::string operator()(const std::vector<int64_t>& numbers) const {
        return joined(numbers, ", ");
    }
};

struct CellField {
    Json& object;
    const std::string& key;
    void set(const Json& value) const {
        if (!key.empty()) object[key] = value;
    }
    void set(const Interval& interval) const {
        if (key.empty()) {
            object["low"] = interval.low;
            object["high"] = interval.high;
        } else {
            object[key + "_interval"] = {interval.low, interval.high};
        }
    }
    void operator()(std::monostate) const {}
    void operator()(const Share& share) const {
        object[key.empty() ? "solved" : key] = share.solved;
        if (key.empty()) object["n"] = share.n;
        set(wilson(share.solved, share.n));
    }
    void operator()(const Estimate& estimate) const {
        object[key.empty() ? "mean" : key] = estimate.mean;
        if (estimate.deviation)
            object[key.empty() ? "deviation" : key + "_deviation"] = *estimate.deviation;
        set(estimate.interval);
    }
    void operator()(const Percent& percent) const { set(Json(percent.share)); }
    template <class T>
    void operator()(const T& value) const {
        set(Json(value));
    }
};

std::string text_of(const Cell& cell, const Column& column) {
    return std::visit(CellText{column}, cell);
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

std::string Table::markdown_across(const std::string& across, const std::string& values) const {
    const auto numbered = [&](const std::string& title) {
        for (size_t i = 0; i < columns_.size(); ++i)
            if (columns_[i].title == title) return i;
        fail("a table has no column \"{}\"", title);
    };
    const size_t key = numbered(across), value = numbered(values);
    std::vector<size_t> others;
    for (size_t i = 0; i < columns_.size(); ++i)
        if (i != key && i != value && !columns_[i].title.empty()) others.push_back(i);
    std::vector<Column> columns;
    for (const size_t i : others) columns.push_back({"", columns_[i].title, Column::Kind::text});
    std::vector<std::string> groups, titles;
    std::vector<std::vector<Cell>> wide;
    for (const auto& row : rows_) {
        std::string group;
        std::vector<Cell> cells;
        for (const size_t i : others) {
            cells.emplace_back(text_of(row[i], columns_[i]));
            group += std::get<std::string>(cells.back()) + "|";
        }
        const std::string title = across + " = " + text_of(row[key], columns_[key]);
        if (std::find(titles.begin(), titles.end(), title) == titles.end()) {
            titles.push_back(title);
            columns.push_back({"", title});
        }
        const auto at = std::find(groups.begin(), groups.end(), group);
        const auto number = static_cast<size_t>(at - groups.begin());
        if (at == groups.end()) {
            groups.push_back(group);
            wide.push_back(std::move(cells));
        }
        wide[number].emplace_back(text_of(row[value], columns_[value]));
    }
    for (size_t i = 0; i < others.size(); ++i) columns[i].kind = columns_[others[i]].kind;
    Table table(std::move(columns));
    for (auto& row : wide) table.add(std::move(row));
    return table.markdown();
}

Json Table::json() const {
    Json rows = Json::array();
    for (const auto& row : rows_) {
        Json object = Json::object();
        for (size_t i = 0; i < row.size(); ++i)
            std::visit(CellField{object, columns_[i].key}, row[i]);
        rows.push_back(std::move(object));
    }
    return rows;
}

} // namespace qstar::eval
