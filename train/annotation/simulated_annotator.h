#pragma once
// A simulated annotator: a hidden preference, and how unreliably it is told.
//
// What it prefers in a solution is a number, the sum of four things in [0, 1]:
//   correct   the answer is right (by the world's verifier: this annotator can calculate)
//   work      lines that lead to the answer: none is 0, one is 1/2, two or more are 1
//   brief     L / (L + c/2), with c characters of solution under a problem of L
//   tidy      share of lines without doubled signs ("3--2", "2*-1"), doubled brackets or
//             blanks, and that were not written before
// Two of them pull in opposite directions, as in people. Correctness weighs most, then work,
// brevity, tidiness. The weights were fixed before any policy was trained on them.
//
// Asked which of two is better, it says `a` with the probability of Bradley and Terry
// ("Rank Analysis of Incomplete Block Designs", 1952) for utilities u,
//   p = sigmoid((u_a - u_b) / noise),
// calls equal what has equal utilities, and at a rate of `disagreement` says the contrary of what
// that came to.

#include "engine/base/random.h"
#include "engine/run/flags.h"
#include "search/problem/world.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct AnnotatorPreference {
    double correct = 3, work = 1.5, brief = 1, tidy = 0.5;
};
inline constexpr AnnotatorPreference kCorrectOnly{1, 0, 0, 0};

struct SimulatedAnnotator {
    AnnotatorPreference preference;
    double noise = 0.3; // so that it repeats itself as often as labelers agree with each other in
                        // Ouyang et al. (2022), 73 %; 0: always says what the preference says
    double disagreement = 0.05; // of pairs, at most 1/2
};
void describe(Flags& f, SimulatedAnnotator& o);

// The utility of a solution; one that came to no answer is not correct.
double utility(const AnnotatorPreference& preference, const search::World& world,
               const search::Path& path);

// The probability that the annotator says that the first is better.
double prefers(const SimulatedAnnotator& annotator, double first, double second);

// An order of solutions with these utilities, by Gumbel noise: for every two of them the
// probability is that of Bradley and Terry (the model of Plackett and Luce). places[i] is the
// place of solution i, 1 the best.
std::vector<int> order(const SimulatedAnnotator& annotator, std::span<const double> utilities,
                       Random& random);

} // namespace qstar::train
