#include "search/worlds/equations/equations.h"

#include "engine/base/error.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace qstar::search {

namespace {

// A line of a model's: any bytes. Nothing if it is no equation with one solution.
struct EquationLine {
    Equation equation;
    Rational value;
    int left = 0; // rewritings
};

std::optional<EquationLine> equation_line_of(std::string_view text) {
    try {
        EquationLine line{parse_equation(text), {}, 0};
        line.value = solution(line.equation);
        line.left = rewritings_left(line.equation);
        return line;
    } catch (const Error&) {
        return {};
    }
}

// The number in "c=-6", "-6=c" or "-6".
std::optional<Rational> value_of_answer(std::string_view answer) {
    if (const std::optional<EquationLine> line = equation_line_of(answer)) {
        if (line->left == 0) return line->value;
        return {};
    }
    // A bare number is the equation of an unknown with it.
    if (answer.find('=') != std::string_view::npos) return {};
    const std::optional<EquationLine> line = equation_line_of("x=" + std::string(answer));
    if (line && line->left == 0) return line->value;
    return {};
}

// In lowest terms, as printed, or a decimal: "6/4" is a division still to be done.
bool is_plain(std::string_view answer, Rational value) {
    const size_t slash = answer.find('/');
    if (slash == std::string_view::npos) return true;
    return answer.find(text(value)) != std::string_view::npos;
}

} // namespace

std::string Equations::read(std::string_view line) const {
    std::string_view text = trimmed(line);
    if (text.empty()) fail("expected a problem, found an empty line");
    char asked = 0;
    if (text.starts_with("Solve ") || text.starts_with("solve ")) {
        const size_t end = text.rfind(" for ");
        if (end == std::string_view::npos)
            fail("expected \"Solve EQUATION for LETTER.\", found no \"for\" in \"{}\"",
                 text.substr(0, 100));
        std::string_view letter = trimmed(text.substr(end + 5));
        if (letter.ends_with('.') || letter.ends_with('?')) letter.remove_suffix(1);
        letter = trimmed(letter);
        if (letter.size() != 1)
            fail("expected one letter after \"for\", found \"{}\"", letter.substr(0, 100));
        asked = letter[0];
        text = trimmed(text.substr(6, end - 6));
    }
    for (const std::string_view word : {"Let ", "let ", " and ", ","})
        if (text.find(word) != std::string_view::npos)
            fail("expected one linear equation, found \"{}\" in \"{}\"", trimmed(word),
                 text.substr(0, 100));
    const Equation equation = parse_equation(text);
    if (asked != 0 && equation.unknown != asked)
        fail("expected an equation in {}, found one in {}", asked, equation.unknown);
    solution(equation); // a problem without one is refused here, and one of huge numbers
    rewritings_left(equation);
    return print(equation);
}

Label Equations::check_step(const Path& path, std::string_view step, bool final) const {
    const std::optional<EquationLine> before =
        equation_line_of(path.steps.empty() ? path.problem : path.steps.back());
    const std::optional<EquationLine> now = equation_line_of(step);
    if (!before || !now || before->equation.unknown != now->equation.unknown ||
        before->value != now->value)
        return Label::wrong;
    if (final) return now->left == 0 && is_plain(step, now->value) ? Label::right : Label::wrong;
    return now->left > 0 && now->left < before->left ? Label::right : Label::neutral;
}

bool Equations::check_answer(std::string_view problem, std::string_view answer) const {
    const std::optional<Rational> given = value_of_answer(answer);
    if (!given || !is_plain(answer, *given)) return false;
    const std::optional<EquationLine> asked = equation_line_of(problem);
    return asked && asked->value == *given;
}

std::string Equations::answer(std::string_view problem) const {
    return text(solution(parse_equation(problem)));
}

std::string Equations::canonical_answer(std::string_view answer) const {
    const std::optional<Rational> value = value_of_answer(answer);
    return value ? text(*value) : std::string(answer);
}

std::string Equations::answer_of(const Path& path) const {
    return canonical_answer(World::answer_of(path));
}

std::optional<int64_t> Equations::shortest(std::string_view problem) const {
    return std::max(1, rewritings_left(parse_equation(problem)));
}

std::vector<std::string> derive_equation(std::string_view problem) {
    Equation equation = parse_equation(problem);
    const std::string solved = std::string(1, equation.unknown) + "=" + text(solution(equation));
    std::vector<std::string> steps;
    for (int left = rewritings_left(equation); left > 1; --left) {
        const std::vector<Equation> next = rewritings(equation);
        const auto one = std::find_if(next.begin(), next.end(), [&](const Equation& e) {
            return rewritings_left(e) == left - 1;
        });
        if (one == next.end()) fail("the numbers of \"{}\" do not fit 64 bits", problem);
        equation = *one;
        steps.push_back(print(equation));
    }
    steps.push_back(solved);
    return steps;
}

std::string draw_equation(const EquationConfig& config, Random& random) {
    const auto within = [&](int64_t low, int64_t high) {
        return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1)));
    };
    const auto nonzero = [&](int64_t size) {
        const int64_t value = within(1, size);
        return random.below(2) == 0 ? value : -value;
    };
    if (config.min_terms < 2 || config.max_terms < config.min_terms || config.max_terms > 12)
        fail("the number of terms must be a range within 2 to 12, found {} to {}", config.min_terms,
             config.max_terms);
    if (config.coefficient < 1 || config.bound < 1 || config.solution < 0 || config.letters.empty())
        fail("expected coefficients and numbers from 1 on and at least one letter");
    // Small numbers are as likely as large ones: the size is drawn first.
    const auto sized = [&](int64_t limit) {
        int64_t size = within(1, limit);
        if (random.below(2) == 0) size = std::min<int64_t>(size, 9);
        return nonzero(size);
    };
    for (int tries = 0; tries < 100'000; ++tries) {
        Equation equation;
        equation.unknown = config.letters[random.below(config.letters.size())];
        const int64_t value = within(-config.solution, config.solution);
        const int64_t terms = within(config.min_terms, config.max_terms);
        // All but one number are free; that one makes the equation true.
        const int64_t unknowns = within(1, std::max<int64_t>(1, terms - 1));
        int64_t balance = 0; // left minus right, at the solution
        for (int64_t i = 0; i + 1 < terms; ++i) {
            const bool unknown = i < unknowns;
            const Term term{rational(sized(unknown ? config.coefficient : config.bound)), unknown};
            const bool left = random.below(2) == 0;
            auto& side = left ? equation.left : equation.right;
            side.insert(side.begin() + static_cast<std::ptrdiff_t>(random.below(side.size() + 1)),
                        term);
            balance += (left ? 1 : -1) * term.value.num * (unknown ? value : 1);
        }
        if (std::llabs(balance) > config.bound) continue;
        if (balance != 0) {
            const bool left = random.below(2) == 0;
            auto& side = left ? equation.left : equation.right;
            side.push_back({rational(left ? -balance : balance), false});
        }
        if (coefficient(equation).num == 0) continue;
        return print(equation);
    }
    fail("no equation of {} to {} terms keeps its numbers within {}: allow a larger bound",
         config.min_terms, config.max_terms, config.bound);
}

} // namespace qstar::search
