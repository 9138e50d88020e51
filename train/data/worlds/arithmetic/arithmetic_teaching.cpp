#include "train/data/worlds/arithmetic/arithmetic_teaching.h"

#include "train/data/worlds/arithmetic/arithmetic_class.h"
#include "train/data/worlds/arithmetic/forms_class.h"
#include "train/data/worlds/arithmetic/problems.h"

#include <algorithm>

namespace qstar::train {

std::unique_ptr<Teaching> ArithmeticTeaching::copy() const {
    return std::make_unique<ArithmeticTeaching>(*this);
}

void ArithmeticTeaching::describe(Flags& f) {
    ProblemConfig& p = problems;
    f.number("warm-operands", warm_operands, 2, 8, "operands of the first, short problems at most");
    f.number("low", p.low, 0, 1000, "smallest operand");
    f.number("high", p.high, p.low, 1000, "largest operand");
    f.number("min-operands", p.min_operands, 2, 8, "fewest operands");
    f.number("max-operands", p.max_operands, p.min_operands, 8, "most operands");
    f.list("weights", p.weights, 0, kMost, "weights of 2, 3, 4, ... operands");
    f.text("operators", p.operators, "some of + - *");
    f.number("brackets", p.brackets, 0, 1, "probability of a pair of brackets");
    f.number("bound", p.bound, p.low, 1'000'000, "largest value on a right derivation's lines");
    f.text("form", p.form,
           "plain, or DeepMind Mathematics' add_sub_multiple, mul_div_multiple, mixed, or deepmind "
           "for all three")
        .offers({"plain", "add_sub_multiple", "mul_div_multiple", "mixed", "deepmind"})
        .only_if(p.form != "plain");
}

void ArithmeticTeaching::check() const { train::check(problems); }

ProblemSource ArithmeticTeaching::source(double experts, bool warm) const {
    ProblemConfig config = problems;
    if (warm)
        config.max_operands =
            std::max(config.min_operands, std::min(config.max_operands, warm_operands));
    const bool plain = config.form == "plain";
    ProblemSource source;
    source.pupils = plain ? arithmetic_class(experts) : forms_class(experts);
    source.draw = [config](Split split, Random& random) {
        return draw_problem(config, split, random);
    };
    source.solve = plain ? solve : solve_form;
    if (plain) source.facts = facts_of;
    return source;
}

std::string ArithmeticTeaching::split_key(std::string_view line) const {
    return expression_key(line);
}

bool ArithmeticTeaching::leave_held_out() {
    problems.min_operands = std::max(3, problems.min_operands); // those of two are all train's
    return problems.max_operands >= 3;
}

} // namespace qstar::train
