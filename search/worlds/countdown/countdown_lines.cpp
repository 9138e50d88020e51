#include "search/worlds/countdown/countdown_lines.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"
#include "search/worlds/countdown/countdown.h"
#include "search/worlds/countdown/countdown_solver.h"
#include "search/worlds/countdown/hand.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <fmt/core.h>
#include <memory>
#include <span>

namespace qstar::search {

namespace {

// Four cards that make 24: the last of them need not be a target.
bool may_be_hand(std::vector<Rational> cards) {
    std::sort(cards.begin(), cards.end());
    return cards.size() == 4 && rational(1) <= cards.front() && cards.back() <= rational(13) &&
           std::all_of(cards.begin(), cards.end(), [](Rational c) { return c.is_integer(); }) &&
           CountdownSolver(rational(24)).solvable(cards);
}

std::string doubt_of(std::span<const Rational> numbers) {
    const auto written = [](Rational number) { return text(number); };
    const auto others = numbers.first(numbers.size() - 1);
    return fmt::format(
        "expected to know the target of \"{0} {1}\", found two readings: the numbers {0} with the "
        "target {1}, or four numbers of the Game of 24; with --target 24 lines are numbers alone, "
        "and {{\"nums\": [{2}], \"target\": {1}}} is the other reading",
        joined(others, " ", written), text(numbers.back()), joined(others, ", ", written));
}

std::string with_target(std::string_view line, int64_t target) {
    const std::string whole = fmt::format("{} {}", trimmed(line), target);
    parse_hand(whole); // what is wrong with it is said here
    return whole;
}

} // namespace

std::string countdown_line(std::string_view line, std::optional<int64_t> target) {
    if (target) return with_target(line, *target);
    const std::vector<Rational> numbers = parse_numbers(line);
    if (may_be_hand(numbers)) fail("{}", doubt_of(numbers));
    return std::string(line);
}

bool is_countdown_json(const Json& value) {
    return value.is_object() && (value.contains("nums") || value.contains("numbers"));
}

std::string countdown_line(const JsonLine& line, std::optional<int64_t> target) {
    const std::string name = line.value.contains("nums") ? "nums" : "numbers";
    std::string out;
    for (const JsonLine& number : array_field(line, name))
        out += fmt::format("{} ", int_field({Json{{name, number.value}}, number.where}, name));
    if (!has_field(line, "target")) {
        if (!target)
            fail("{}: field \"target\": expected a whole number (or --target), found nothing",
                 line.where);
        return out + std::to_string(*target);
    }
    const int64_t own = int_field(line, "target");
    if (target && *target != own)
        fail("{}: field \"target\": expected {} as --target says, found {}", line.where, *target,
             own);
    return out + std::to_string(own);
}

std::unique_ptr<LineReader> Countdown::line_reader(std::optional<int64_t> target) const {
    return std::make_unique<CountdownLines>(target);
}

bool CountdownLines::is_head(std::string_view line) {
    column_ = puzzles_column(line);
    return column_.has_value();
}

std::optional<std::string> CountdownLines::read_object(const JsonLine& line) {
    if (!is_countdown_json(line.value)) return {};
    return countdown_line(line, target_);
}

std::string CountdownLines::read_alone(std::string_view text) {
    if (trimmed(text).starts_with('{')) {
        const JsonLine line{parse_json(text, "the problem"), "the problem"};
        if (is_countdown_json(line.value)) return countdown_line(line, target_);
    }
    return countdown_line(text, target_);
}

std::string CountdownLines::read(std::string_view line, int64_t number) {
    if (column_) {
        const std::vector<std::string> cells = table_cells(line);
        if (cells.size() <= *column_)
            fail("expected {} cells or more between commas, found {}", *column_ + 1, cells.size());
        return countdown_line(cells[*column_], target_.value_or(24));
    }
    const std::vector<Rational> numbers = parse_numbers(line);
    ++lines_;
    if (target_) {
        ends_with_target_ += !numbers.empty() && numbers.back() == rational(*target_);
        return with_target(line, *target_);
    }
    if (count_ == 0) {
        count_ = numbers.size();
        first_ = number;
    }
    if (numbers.size() != count_)
        fail("expected {} numbers, the last of them the target, as in line {}, found {}: lines of "
             "different lengths need --target N (they are then numbers alone) or {{\"nums\": "
             "[...], \"target\": N}}",
             count_, first_, numbers.size());
    if (doubt_.empty() && may_be_hand(numbers))
        doubt_ = fmt::format("{}: {}", number, doubt_of(numbers));
    return std::string(line);
}

void CountdownLines::check(const std::string& path) const {
    if (!doubt_.empty()) fail("{}:{}", path, doubt_);
    if (target_ && lines_ > 1 && ends_with_target_ == lines_)
        fail("{}: expected lines of numbers alone, as --target says, found that all {} end with "
             "{}: leave --target out",
             path, lines_, *target_);
}

std::vector<std::string> table_cells(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            cells.emplace_back();
        else
            cells.back() += c;
    }
    return cells;
}

std::optional<size_t> puzzles_column(std::string_view header) {
    const std::vector<std::string> cells = table_cells(header);
    for (size_t column = 0; cells.size() > 1 && column < cells.size(); ++column)
        if (trimmed(cells[column]) == "Puzzles") return column;
    return {};
}

} // namespace qstar::search
