#pragma once
// What an experiment of a lesson has found: named values, which the lesson's text takes up by their
// names (text.h). Nothing here is stored; who comes again computes it again, to the same digits.

#include "eval/plot/plot.h"

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace qstar::eval::lessons {

struct Quantity {
    double value = 0;
    int decimals = 0; // as it is written
};
struct Grid {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; // a cell a column
};
using Value = std::variant<Quantity, std::string, Grid, Plot>;

// "0.25"; of a value that rounds to nothing no "-0.00".
std::string written(double value, int decimals);
// Decimals of a probability that leave it three digits that count.
int decimals_of(double probability);

class Values {
  public:
    void set(const std::string& name, double value, int decimals = 0);
    void set(const std::string& name, std::string text);
    void set(const std::string& name, Grid grid);
    void set(const std::string& name, Plot plot);

    const Value* find(const std::string& name) const; // null if there is none
    const Value& at(const std::string& name) const;   // Error if there is none
    double number(const std::string& name) const;     // Error if it is no number
    std::string text(const std::string& name) const;  // as it is written; Error for a grid or plot
    const std::map<std::string, Value>& all() const { return all_; }

  private:
    std::map<std::string, Value> all_;
};

} // namespace qstar::eval::lessons
