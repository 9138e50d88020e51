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
    int decimals = 0; // as it is written; -3: "7.41e-8", with three digits that count
};
struct Grid {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; // a cell a column
};
using Value = std::variant<Quantity, std::string, Grid, Plot>;

// "0.25"; of a value that rounds to nothing no "-0.00".
std::string written(double value, int decimals);
// What `written` says, as a number: a formula that stands filled in is worked out with the numbers
// that stand in it, so that who works it out again comes to the same digits.
double rounded(double value, int decimals);
// The fewest decimals, six at most, that leave nothing of a number out.
int decimals_in(double value);
// Decimals of a probability that leave it three digits that count; -3 of a small one.
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
