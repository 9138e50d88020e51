#pragma once
// A group of permutations from its generators, by the algorithm of Schreier and Sims in
// Knuth's form ("Efficient Representation of Perm Groups", Combinatorica 1991).
//
// Point 0, then 1, 2, ... is held fixed; for each the table keeps one element that takes it to
// each place it can get to while the earlier ones stay (a transversal). So every element is
// a product of one entry a point, in one way: that gives membership ("can this state
// be reached?"), the number of elements, and elements drawn uniformly.

#include "engine/base/random.h"

#include <cstdint>
#include <vector>

namespace qstar::search {

using Permutation = std::vector<uint8_t>; // i -> p[i]; at most 255 points

Permutation identity(size_t points);
Permutation compose(const Permutation& a, const Permutation& b); // i -> a[b[i]]
Permutation inverse(const Permutation& p);
bool is_permutation(const Permutation& p);
bool is_odd(const uint8_t* p, size_t points);

class PermutationGroup {
  public:
    PermutationGroup(size_t points, const std::vector<Permutation>& generators);

    bool contains(const Permutation& p) const;
    long double order() const; // exact up to 2^64 odd factors, as of all cubes here
    Permutation random_element(Random& random) const;
    // The points of which the others do not determine the place: an element that fixes
    // these is the identity.
    std::vector<uint8_t> base() const;
    std::vector<uint8_t> orbit(uint8_t point) const; // where it can get to, ascending

  private:
    struct Level {
        std::vector<Permutation> generators;
        std::vector<Permutation> transversal; // [q] takes the level's point to q; empty: none
    };
    bool contains_from(size_t level, Permutation p) const;
    void add_generator(size_t level, const Permutation& p);
    void add_coset(size_t level, const Permutation& p);

    std::vector<Permutation> generators_;
    std::vector<Level> levels_; // one a point
};

} // namespace qstar::search
