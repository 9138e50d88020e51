#pragma once
// A table of results: typed columns that write themselves as Markdown, for people, and as JSON, for
// other programs.

#include "engine/text/json.h"
#include "eval/measure/interval.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace qstar::eval {

// So many of n, with Wilson's 95 % interval (interval.h). JSON: of the column without a key solved,
// n, low and high; of the column "right" right, the count, and right_interval, [low, high].
struct Share {
    int64_t solved = 0, n = 0;
};
// A share that is no count: a mean over shuffles, wins with ties as halves. JSON: of the column
// without a key mean, deviation, low and high; of "wins" wins and wins_interval.
struct Estimate {
    double mean = 0;
    Interval interval = {};
    std::optional<double> deviation = {}; // over the shuffles
};
// In Markdown "12.3 %", in JSON 0.123.
struct Percent {
    double share = 0;
};

// Nothing is "?" in Markdown and no field in JSON. Of several numbers "3, 5, 8".
using Cell = std::variant<std::monostate, std::string, int64_t, double, Share, Estimate, Percent,
                          std::vector<int64_t>>;

struct Column {
    // A share stands in three columns, "512 / 1000 | 51.2 | 48.1 - 54.3"; in one, of a Share as of
    // an Estimate, "51.2 (48.1 - 54.3)", with its deviation "51.2 ± 0.8 (48.1 - 54.3)".
    enum class Kind { text, number, share, share_in_one };
    std::string key;   // of the JSON field; empty: not in the JSON, but for shares
    std::string title; // empty: not in the Markdown
    Kind kind = Kind::number;
    int decimals = 0; // of a double in Markdown
};

class Table {
  public:
    explicit Table(std::vector<Column> columns);
    void add(std::vector<Cell> row); // a cell a column; Error for another number of them
    std::string markdown() const;
    // The same with a column "N = 4" for each value of the column `across`, in which those of the
    // column `values` stand: rows that are equal but for these two become one. Both by their
    // titles.
    std::string markdown_across(const std::string& across, const std::string& values) const;
    Json json() const; // an object a row

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

} // namespace qstar::eval
