#pragma once
// A line of a worksheet as its symbols: what a pupil sees and rewrites.
//
// Pupils work on the flat line from left to right with all their mistakes; the
// world's expression trees (search/worlds/arithmetic/expression.h) know only right mathematics.
// All numbers here are integers.

#include "search/worlds/arithmetic/expression.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

using Symbol = search::ExpressionToken; // a number, or one of + - * ( )
using Line = std::vector<Symbol>;

// Error if it is no expression over integers with + - * and brackets.
Line line_of(std::string_view problem);
std::string text_of(const Line& line);

Symbol number(int64_t value);
Symbol sign(char symbol);
bool is_number(const Symbol& symbol);
bool is_operator(const Symbol& symbol);
int operator_count(const Line& line);

// The operator that comes next: inside the first innermost brackets, the first of
// the highest precedence, or, without precedence, simply the first. The line must
// have an operator.
size_t next_operator(const Line& line, bool precedence = true);

// Puts `value` in place of the operation at `at`, and drops brackets that then hold
// nothing but that number. Gives the index of the value.
size_t replace_operation(Line& line, size_t at, int64_t value);

// a op b for + - *. The caller keeps the numbers small.
int64_t calculate(int64_t a, char op, int64_t b);

} // namespace qstar::train
