#pragma once
// The teaching side of the world arithmetic: plain expressions over small integers, or those of
// DeepMind Mathematics (forms_class.h).

#include "train/data/class/teaching.h"
#include "train/data/worlds/arithmetic/problem_config.h"

#include <memory>
#include <string>
#include <string_view>

namespace qstar::train {

struct ArithmeticTeaching : Teaching {
    ProblemConfig problems;
    int warm_operands = 3; // at most, in the warm part

    std::unique_ptr<Teaching> copy() const override;
    std::string world() const override { return "arithmetic"; }
    void describe(Flags& f) override;
    void check() const override;
    ProblemSource source(double experts, bool warm) const override;
    std::string split_key(std::string_view line) const override;
    void set_fewest_operands(int operands) override { problems.min_operands = operands; }
    bool leave_held_out() override;
};

} // namespace qstar::train
