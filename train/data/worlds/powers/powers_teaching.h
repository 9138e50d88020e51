#pragma once
// The teaching side of the world powers: its class, and the class's misconceptions.
//
// Habits (a pupil may have several; an expert has none and writes the world's derivation):
//   doubles          squares a base by doubling it: 7^12 becomes 4^6
//   forgets_factor   halves an odd exponent as well as he can: 7^13 becomes 7^12
//   multiplies       takes the power for a product: 7^13 ends in 1, as 7*13 does
//   misreckons       products are wrong at a rate, by one or two

#include "train/data/class/teaching.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

enum PowerHabit : unsigned { doubles = 1, forgets_factor = 2, multiplies = 4, misreckons = 8 };

struct PowersTeaching : Teaching {
    int64_t base = 999, exponent = 15; // at most; both are 2 or more
    int64_t warm_exponent = 5;         // at most, in the warm part

    std::unique_ptr<Teaching> copy() const override;
    std::string world() const override { return "powers"; }
    void describe(Flags& f) override;
    ProblemSource source(double experts, bool warm) const override;
    // A power of two digits or more; those of a digit are everybody's.
    std::string split_key(std::string_view line) const override;
};

// The lines a pupil writes, at least one. Error if the problem is no power.
std::vector<std::string> solve_power(const Pupil& pupil, const std::string& problem,
                                     Random& random);

} // namespace qstar::train
