#pragma once
// The class that solves linear equations, and its misconceptions.
//
// Habits (a pupil may have several; an expert has none and takes the world's shortest
// derivation):
//   keeps_signs   brings a term to the other side as it is: 3*c+5=20 becomes 3*c=25
//   drops_minus   no sum has a minus: 3*c-5*c is 2*c
//   subtracts     takes the coefficient away instead of dividing by it: 3*c=12 gives c=9
//   miscalculates sums are wrong at a rate, by one or two

#include "engine/base/random.h"
#include "train/data/class/pupils.h"

#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

enum EquationHabit : unsigned {
    keeps_signs = 1,
    drops_minus = 2,
    subtracts = 4,
    miscalculates = 8,
};

// The canonical text of an equation of three terms or more, its unknown called x: another letter
// makes no other equation. Empty for shorter ones and for what is no equation.
std::string equation_key(std::string_view line);

std::vector<Pupil> equations_class(double experts);
// The lines a pupil writes, at least one; the last one is his answer, "c=-6".
std::vector<std::string> solve_equation(const Pupil& pupil, const std::string& problem,
                                        Random& random);

} // namespace qstar::train
