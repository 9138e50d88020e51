#pragma once
// Expressions of the arithmetic world: + - * / and brackets over exact fractions.
//
// What is a number and what is an operation. A number is an integer, a decimal
// ("0.5", read as 1/2) or a fraction p/q of two integers in lowest terms with
// q > 1: nothing is left to compute in 7/2, while 6/4, 4/2, 7/-2 and 5/1 are
// divisions to be done. A minus before a number belongs to the number; before a
// bracket it is a sign that turns into the number's once the bracket is worked out,
// and counts as no operation.
//
// Canonical text: no spaces; brackets only where the tree needs them (a right operand
// of the same precedence keeps them, so that text and tree determine each other); a
// negative integer stands bare (3*-4, 3--4); a fraction stands bare when it is the
// whole line (7/2) and in brackets inside an expression (3*(7/2), (-7/2)+1).
// parse(print(e)) is e, and print(parse(t)) is the canonical form of t.
//
// Bounds: 4096 characters and brackets 200 deep, so that no input exhausts the stack.

#include "search/problem/rational.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

enum class Kind { number, negate, add, subtract, multiply, divide };

struct ExpressionNode {
    Kind kind = Kind::number;
    Rational value;            // of a number
    int left = -1, right = -1; // ids of the operands; negate has a left one only
    bool operator==(const ExpressionNode&) const = default;
};

// A tree in post-order: operands stand before their operation, the root is last.
struct Expression {
    std::vector<ExpressionNode> nodes;

    int root() const { return static_cast<int>(nodes.size()) - 1; }
    const ExpressionNode& operator[](int id) const { return nodes[static_cast<size_t>(id)]; }
    bool is_number() const { return nodes.size() == 1; }
    bool operator==(const Expression&) const = default;
};

// Text, canonical or not, spaces allowed between numbers and signs. Error saying
// what was expected and found at which column.
Expression parse_expression(std::string_view text);
std::string print(const Expression& expression); // canonical

Expression number_expression(Rational value);
// Joins two expressions by add, subtract, multiply or divide.
Expression combine(Kind kind, const Expression& left, const Expression& right);

Rational evaluate(const Expression& expression); // Error: division by zero, overflow
int operations(const Expression& expression);    // + - * / still to be done

// The ids of the operations whose operands are both numbers, in the order in which a
// careful person does them: innermost bracket first, in it * and / before + and -,
// else from left to right. Empty only for a number.
std::vector<int> reducible(const Expression& expression);
Rational compute(Kind kind, Rational left, Rational right);
Rational compute(const Expression& expression, int id); // of a reducible operation

// The expression with `value` (right or wrong) in the place of node `id`.
Expression replace(const Expression& expression, int id, Rational value);

// The printed line as a flat list, for those who read it without its structure:
// numbers whole (a fraction's brackets are no tokens), one of + - * / ( ) else.
struct ExpressionToken {
    char symbol = 0; // 0: a number
    Rational value;
    bool operator==(const ExpressionToken&) const = default;
};
std::vector<ExpressionToken> tokens(const Expression& expression);
std::string print(std::span<const ExpressionToken> tokens);

} // namespace qstar::search
