#include "train/data/worlds/pupils.h"

#include "engine/base/error.h"
#include "tokenizer/special.h"
#include "train/data/worlds/line.h"

#include <algorithm>
#include <cstdlib>

namespace qstar::train {

namespace {

// Who sits in the class besides the experts: shares of the rest, rates of mistakes.
// Pupils with one habit err each in their own way; beginners have four at once and are
// most of the class, so that in many situations a wrong line is the most usual one.
const std::vector<Pupil> others = {
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

int64_t off_by(Random& random) {
    const int64_t side = random.below(2) == 0 ? 1 : -1;
    return side * (random.below(3) == 0 ? 2 : 1);
}

std::vector<Pupil> class_of(double experts) { return class_of(experts, others); }

std::vector<Pupil> class_of(double experts, std::span<const Pupil> others_of_class) {
    if (!(experts >= 0 && experts <= 1)) fail("--experts must be within 0 to 1, found {}", experts);
    std::vector<Pupil> pupils = {{"expert", 0, experts, 0}};
    double total = 0;
    for (const Pupil& pupil : others_of_class) total += pupil.share;
    for (Pupil pupil : others_of_class) {
        pupil.share *= (1 - experts) / total;
        pupils.push_back(std::move(pupil));
    }
    return pupils;
}

void change(std::vector<Pupil>& pupils, std::string_view change) {
    const size_t equals = change.find('=');
    const std::string name(change.substr(0, equals));
    const auto pupil =
        std::find_if(pupils.begin(), pupils.end(), [&](const Pupil& p) { return p.name == name; });
    if (pupil == pupils.end()) {
        std::string known;
        for (const Pupil& p : pupils) known += (known.empty() ? "" : ", ") + p.name;
        fail("there is no pupil \"{}\"; the class has {}", name, known);
    }
    const auto number = [&](const std::string& text) {
        try {
            size_t used = 0;
            const double value = std::stod(text, &used);
            if (used == text.size() && value >= 0) return value;
        } catch (const std::exception&) {
        }
        fail("expected PUPIL=SHARE or PUPIL=SHARE:RATE with numbers from 0 on, found \"{}\"",
             change);
    };
    const std::string values(equals == change.npos ? "" : change.substr(equals + 1));
    const size_t colon = values.find(':');
    pupil->share = number(values.substr(0, colon));
    if (colon != values.npos) pupil->rate = number(values.substr(colon + 1));
}

const Pupil& draw_pupil(std::span<const Pupil> pupils, Random& random) {
    double total = 0;
    for (const Pupil& pupil : pupils) total += pupil.share;
    if (total <= 0) fail("the class is empty: all shares are zero");
    double left = random.uniform() * total;
    const Pupil* last = nullptr;
    for (const Pupil& pupil : pupils) {
        if (pupil.share <= 0) continue;
        last = &pupil;
        left -= pupil.share;
        if (left < 0) break;
    }
    return *last;
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

std::string text_of_item(const std::string& problem, std::span<const std::string> lines) {
    std::string text(tokenizer::problem);
    text += problem;
    for (const std::string& line : lines) {
        text += tokenizer::step;
        text += line;
    }
    text += tokenizer::answer;
    return text;
}

} // namespace qstar::train
