#include "train/data/worlds/equations/equations_class.h"

#include "engine/base/error.h"
#include "search/worlds/equations/equations.h"
#include "train/data/class/side.h"

#include <algorithm>

namespace qstar::train {

using search::Equation;
using search::Rational;
using search::Term;

namespace {

const std::vector<Pupil> others_of_equations = {
    {"sign-keeper", keeps_signs, 0.08, 0},
    {"minus-dropper", drops_minus, 0.08, 0},
    {"subtracter", subtracts, 0.08, 0},
    {"slipper", miscalculates, 0.08, 0.3},
    {"beginner", keeps_signs | drops_minus | subtracts, 0.68, 0},
};

// Works on one line; true if it had something to do.
struct Worker {
    const Pupil& pupil;
    Random& random;

    Rational sum(Rational a, Rational b) {
        Rational value = a + b;
        if (pupil.habits & miscalculates && random.uniform() < pupil.rate)
            value = value + search::rational(off_by(random));
        if (pupil.habits & drops_minus && value.num < 0) value = -value;
        return value;
    }
    static void put(std::vector<Term>& terms, size_t at, Rational value) {
        terms[at].value = value;
        if (value.num == 0) terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(at));
    }
    static void take(std::vector<Term>& terms, size_t at) {
        terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(at));
    }
    static size_t find(const std::vector<Term>& terms, bool unknown) {
        const auto at = std::find_if(terms.begin(), terms.end(),
                                     [&](const Term& t) { return t.unknown == unknown; });
        return static_cast<size_t>(at - terms.begin());
    }
    // The first two like terms of a side.
    bool collect(std::vector<Term>& side) {
        for (size_t i = 0; i < side.size(); ++i)
            for (size_t j = i + 1; j < side.size(); ++j) {
                if (side[i].unknown != side[j].unknown) continue;
                const Rational value = sum(side[i].value, side[j].value);
                take(side, j);
                put(side, i, value);
                return true;
            }
        return false;
    }
    // The term of a kind from one side to the other.
    bool bring(std::vector<Term>& from, std::vector<Term>& to, bool unknown) {
        const size_t at = find(from, unknown);
        if (at == from.size()) return false;
        const Rational moved = pupil.habits & keeps_signs ? from[at].value : -from[at].value;
        take(from, at);
        const size_t like = find(to, unknown);
        if (like == to.size())
            to.push_back({moved, unknown});
        else
            put(to, like, sum(to[like].value, moved));
        return true;
    }
    bool work(Equation& e) {
        if (collect(e.left) || collect(e.right)) return true;
        const bool left = find(e.left, true) < e.left.size();
        if (left && find(e.right, true) < e.right.size()) return bring(e.right, e.left, true);
        return left ? bring(e.left, e.right, false) : bring(e.right, e.left, false);
    }
};

} // namespace

std::string equation_key(std::string_view line) {
    if (!has_letter(line) || line.find('=') == std::string_view::npos) return "";
    try {
        Equation equation = search::parse_equation(line);
        if (equation.left.size() + equation.right.size() < 3) return "";
        equation.unknown = 'x';
        return print(equation);
    } catch (const Error&) {
        return "";
    }
}

std::vector<Pupil> equations_class(double experts) {
    return class_of(experts, others_of_equations);
}

std::vector<std::string> solve_equation(const Pupil& pupil, const std::string& problem,
                                        Random& random) {
    if (pupil.habits == 0) return search::derive_equation(problem);
    Equation equation = search::parse_equation(problem);
    Worker worker{pupil, random};
    std::vector<std::string> lines;
    // Two terms are left at the latest after as many lines as there were terms, and one move.
    for (size_t n = equation.left.size() + equation.right.size() + 1; n > 0; --n) {
        if (!worker.work(equation)) break;
        lines.push_back(print(equation));
    }
    const auto side_with = [&](bool unknown) -> Rational {
        for (const auto* side : {&equation.left, &equation.right})
            if (const size_t at = Worker::find(*side, unknown); at < side->size())
                return (*side)[at].value;
        return {};
    };
    const Rational by = side_with(true), number = side_with(false);
    Rational value = number;
    if (by.num != 0) value = pupil.habits & subtracts ? number - by : number / by;
    if (by == search::rational(1)) value = number;
    const std::string answer = std::string(1, equation.unknown) + "=" + text(value);
    if (lines.empty() || lines.back() != answer) lines.push_back(answer);
    return lines;
}

} // namespace qstar::train
