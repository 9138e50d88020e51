#include "train/data/worlds/arithmetic/line.h"

#include "engine/base/error.h"

namespace qstar::train {

namespace {

int precedence_of(char op) { return op == '*' ? 2 : 1; }

} // namespace

Line line_of(std::string_view problem) {
    Line line = search::tokens(search::parse_expression(problem));
    bool after_number = false;
    for (const Symbol& symbol : line) {
        const bool sign_of_bracket = symbol.symbol == '-' && !after_number;
        if (symbol.symbol == '/' || sign_of_bracket || !symbol.value.is_integer())
            fail("expected an expression over integers with + - * and brackets, found \"{}\"",
                 problem);
        after_number = is_number(symbol) || symbol.symbol == ')';
    }
    return line;
}

std::string text_of(const Line& line) { return search::print(line); }

Symbol number(int64_t value) { return {0, search::rational(value)}; }
Symbol sign(char symbol) { return {symbol, {}}; }
bool is_number(const Symbol& symbol) { return symbol.symbol == 0; }

bool is_operator(const Symbol& symbol) {
    return symbol.symbol == '+' || symbol.symbol == '-' || symbol.symbol == '*';
}

int operator_count(const Line& line) {
    int count = 0;
    for (const Symbol& symbol : line) count += is_operator(symbol);
    return count;
}

size_t next_operator(const Line& line, bool precedence) {
    size_t begin = 0, end = line.size();
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i].symbol == '(') begin = i + 1;
        if (line[i].symbol == ')') {
            end = i;
            break;
        }
    }
    size_t best = line.size();
    for (size_t i = begin; i < end; ++i) {
        if (!is_operator(line[i])) continue;
        const bool tighter = best < line.size() && precedence &&
                             precedence_of(line[i].symbol) > precedence_of(line[best].symbol);
        if (best == line.size() || tighter) best = i;
    }
    if (best == line.size()) fail("line \"{}\" has no operation left", text_of(line));
    return best;
}

size_t replace_operation(Line& line, size_t at, int64_t value) {
    using Offset = Line::difference_type;
    line[at - 1] = number(value);
    line.erase(line.begin() + static_cast<Offset>(at), line.begin() + static_cast<Offset>(at + 2));
    size_t index = at - 1;
    while (index > 0 && index + 1 < line.size() && line[index - 1].symbol == '(' &&
           line[index + 1].symbol == ')') {
        line.erase(line.begin() + static_cast<Offset>(index + 1));
        line.erase(line.begin() + static_cast<Offset>(index - 1));
        --index;
    }
    return index;
}

int64_t calculate(int64_t a, char op, int64_t b) {
    switch (op) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    default:
        fail("pupils do not know the operation \"{}\"", op);
    }
}

} // namespace qstar::train
