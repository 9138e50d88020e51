#include "train/data/worlds/equations/equations_teaching.h"

#include "train/data/class/draw.h"
#include "train/data/worlds/equations/equations_class.h"

#include <algorithm>

namespace qstar::train {

std::unique_ptr<Teaching> EquationsTeaching::copy() const {
    return std::make_unique<EquationsTeaching>(*this);
}

void EquationsTeaching::describe(Flags& f) {
    search::EquationConfig& p = problems;
    f.number("terms", p.max_terms, p.min_terms, 12, "most terms");
    f.number("coefficient", p.coefficient, 1, 1000, "largest coefficient");
    f.number("constant", p.bound, 1, 1'000'000, "largest number alone");
}

ProblemSource EquationsTeaching::source(double experts, bool warm) const {
    search::EquationConfig config = problems;
    if (warm) config.max_terms = std::max(config.min_terms, config.max_terms - 2);
    ProblemSource source;
    source.pupils = equations_class(experts);
    source.draw = on_side(
        world(), [config](Random& random) { return search::draw_equation(config, random); },
        equation_key);
    source.solve = solve_equation;
    return source;
}

std::string EquationsTeaching::split_key(std::string_view line) const { return equation_key(line); }

} // namespace qstar::train
