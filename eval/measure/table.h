#pragma once
// A table of results: typed columns that write themselves as Markdown, for people, and as JSON, for
// whoever goes on computing.

#include "engine/text/json.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace qstar::eval {

// So many of n. In Markdown "512 / 1000 | 51.2 | 48.1 - 54.3"; in JSON solved, n, low, high, the
// last two Wilson's 95 % interval (interval.h).
struct Share {
    int64_t solved = 0, n = 0;
};

// Nothing is "?" in Markdown and no field in JSON.
using Cell = std::variant<std::monostate, std::string, int64_t, double, Share>;

struct Column {
    enum class Kind { text, number, share };
    std::string key;   // of the JSON field; empty: not in the JSON. A share's are its own
    std::string title; // empty: not in the Markdown
    Kind kind = Kind::number;
    int decimals = 0; // of a double in Markdown
};

class Table {
  public:
    explicit Table(std::vector<Column> columns);
    void add(std::vector<Cell> row); // a cell a column; Error for another number of them
    std::string markdown() const;
    Json json() const; // an object a row

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

} // namespace qstar::eval
