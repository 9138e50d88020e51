#include "train/data/worlds/arithmetic/arithmetic_class.h"

#include "train/data/worlds/arithmetic/line.h"

#include <cstdlib>

namespace qstar::train {

namespace {

// Who sits in the class besides the experts: shares of the rest, rates of mistakes.
// Pupils with one habit err each in their own way; beginners have four at once and are
// most of the class, so that in many situations a wrong line is the most usual one.
const std::vector<Pupil> others_of_arithmetic = {
    {"left-to-right", left_to_right, 0.06, 0},
    {"bracket-ignorer", drops_brackets, 0.04, 0},
    {"sign-loser", loses_signs, 0.04, 0},
    {"carry-forgetter", forgets_carries, 0.06, 0},
    {"beginner", left_to_right | drops_brackets | loses_signs | forgets_carries, 0.68, 0},
    {"slipper", slips, 0.04, 0.25},
    {"copier", miscopies, 0.04, 0.25},
    {"skipper", skips | slips, 0.04, 0.30},
};

// 27+15 -> 32, 27+85 -> 102: the ones do not carry. Single digits are known by heart.
int64_t add_without_carry(int64_t a, int64_t b) {
    if (a < 10 && b < 10) return a + b;
    return (a / 10 + b / 10) * 10 + (a % 10 + b % 10) % 10;
}

// a >= b: 32-15 -> 27: the ten is borrowed and never paid back.
int64_t subtract_without_borrow(int64_t a, int64_t b) {
    return a >= 10 && a % 10 < b % 10 ? a - b + 10 : a - b;
}

int64_t forget_carry(int64_t a, char op, int64_t b) {
    if (op == '*') return a * b;
    if (op == '-') b = -b;
    if ((a < 0) == (b < 0)) {
        const int64_t size = add_without_carry(std::llabs(a), std::llabs(b));
        return a < 0 ? -size : size;
    }
    const bool a_larger = std::llabs(a) >= std::llabs(b);
    const int64_t size = a_larger ? subtract_without_borrow(std::llabs(a), std::llabs(b))
                                  : subtract_without_borrow(std::llabs(b), std::llabs(a));
    return (a_larger ? a : b) < 0 ? -size : size;
}

int64_t slip(int64_t a, char op, int64_t b, Random& random) {
    const int64_t value = calculate(a, op, b);
    const int64_t sign = random.below(2) == 0 ? 1 : -1;
    if (op == '*' && random.below(2) == 0) {
        // The row above or below in the times table; a zero factor has no neighbours.
        const int64_t neighbour = random.below(2) == 0 ? a * (b + sign) : (a + sign) * b;
        if (neighbour != value) return neighbour;
    }
    return value + sign * (random.below(3) == 0 ? 2 : 1);
}

int64_t result(const Pupil& pupil, int64_t a, char op, int64_t b, Random& random) {
    int64_t value = pupil.habits & forgets_carries ? forget_carry(a, op, b) : calculate(a, op, b);
    if (pupil.habits & slips && random.uniform() < pupil.rate) value = slip(a, op, b, random);
    return pupil.habits & loses_signs ? std::llabs(value) : value;
}

void drop_brackets(Line& line) {
    std::erase_if(line, [](const Symbol& s) { return s.symbol == '(' || s.symbol == ')'; });
}

// Changes one digit of one number other than the one at `fresh`, if there is one.
void miscopy(Line& line, size_t fresh, Random& random) {
    std::vector<size_t> numbers;
    for (size_t i = 0; i < line.size(); ++i)
        if (is_number(line[i]) && i != fresh) numbers.push_back(i);
    if (numbers.empty()) return;
    Symbol& symbol = line[numbers[random.below(numbers.size())]];
    std::string digits = std::to_string(std::llabs(symbol.value.num));
    char& digit = digits[random.below(digits.size())];
    // A first digit is not 0, and the new digit is another one.
    const char before = digit;
    while (digit == before) digit = static_cast<char>('1' + random.below(9));
    symbol = number(symbol.value.num < 0 ? -std::stoll(digits) : std::stoll(digits));
}

// Does one operation; gives where its result stands.
size_t operate(const Pupil& pupil, Line& line, Random& random) {
    const size_t at = next_operator(line, !(pupil.habits & left_to_right));
    const int64_t value =
        result(pupil, line[at - 1].value.num, line[at].symbol, line[at + 1].value.num, random);
    return replace_operation(line, at, value);
}

} // namespace

std::vector<Pupil> arithmetic_class(double experts) {
    return class_of(experts, others_of_arithmetic);
}

std::vector<std::string> solve(const Pupil& pupil, const std::string& problem, Random& random) {
    Line line = line_of(problem);
    if (pupil.habits & drops_brackets) drop_brackets(line);

    std::vector<std::string> lines;
    while (operator_count(line) > 0) {
        size_t fresh = operate(pupil, line, random);
        if (pupil.habits & skips && operator_count(line) > 0) fresh = operate(pupil, line, random);
        if (pupil.habits & miscopies && random.uniform() < pupil.rate) miscopy(line, fresh, random);
        lines.push_back(text_of(line));
    }
    if (lines.empty()) lines.push_back(text_of(line)); // "7" is its own answer
    return lines;
}

} // namespace qstar::train
