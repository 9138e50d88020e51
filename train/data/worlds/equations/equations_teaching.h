#pragma once
// The teaching side of the world equations (equations_class.h).

#include "search/worlds/equations/equations.h"
#include "train/data/class/teaching.h"

#include <memory>
#include <string>
#include <string_view>

namespace qstar::train {

struct EquationsTeaching : Teaching {
    search::EquationConfig problems;

    std::unique_ptr<Teaching> copy() const override;
    std::string world() const override { return "equations"; }
    void describe(Flags& f) override;
    ProblemSource source(double experts, bool warm) const override;
    std::string split_key(std::string_view line) const override;
};

} // namespace qstar::train
