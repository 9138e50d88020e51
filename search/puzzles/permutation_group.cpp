#include "search/puzzles/permutation_group.h"

#include <algorithm>
#include <numeric>

namespace qstar::search {

Permutation identity(size_t points) {
    Permutation p(points);
    std::iota(p.begin(), p.end(), uint8_t{0});
    return p;
}

Permutation compose(const Permutation& a, const Permutation& b) {
    Permutation p(a.size());
    for (size_t i = 0; i < p.size(); ++i) p[i] = a[b[i]];
    return p;
}

Permutation inverse(const Permutation& p) {
    Permutation q(p.size());
    for (size_t i = 0; i < p.size(); ++i) q[p[i]] = static_cast<uint8_t>(i);
    return q;
}

bool is_permutation(const Permutation& p) {
    std::vector<bool> seen(p.size());
    for (const uint8_t i : p) {
        if (i >= p.size() || seen[i]) return false;
        seen[i] = true;
    }
    return true;
}

bool is_odd(const uint8_t* p, size_t points) {
    // A cycle of n points is n - 1 exchanges.
    std::vector<bool> seen(points);
    bool odd = false;
    for (size_t i = 0; i < points; ++i) {
        if (seen[i]) continue;
        odd = !odd;
        for (size_t at = i; !seen[at]; at = p[at]) {
            seen[at] = true;
            odd = !odd;
        }
    }
    return odd;
}

PermutationGroup::PermutationGroup(size_t points, const std::vector<Permutation>& generators)
    : generators_(generators), levels_(points) {
    for (size_t i = 0; i < points; ++i) {
        levels_[i].transversal.resize(points);
        levels_[i].transversal[i] = identity(points);
    }
    for (const Permutation& p : generators)
        if (!contains(p)) add_generator(0, p);
}

bool PermutationGroup::contains(const Permutation& p) const { return contains_from(0, p); }

bool PermutationGroup::contains_from(size_t level, Permutation p) const {
    for (size_t i = level; i < levels_.size(); ++i) {
        if (p[i] == i) continue;
        const Permutation& u = levels_[i].transversal[p[i]];
        if (u.empty()) return false;
        p = compose(inverse(u), p); // fixes i, too
    }
    return true;
}

void PermutationGroup::add_generator(size_t level, const Permutation& p) {
    levels_[level].generators.push_back(p);
    for (size_t q = 0; q < levels_.size(); ++q) {
        const Permutation u = levels_[level].transversal[q];
        if (!u.empty()) add_coset(level, compose(p, u));
    }
}

// Makes sure that p, which fixes all points before `level`, is a product of the table's.
void PermutationGroup::add_coset(size_t level, const Permutation& p) {
    Permutation& u = levels_[level].transversal[p[level]];
    if (u.empty()) {
        u = p;
        for (size_t i = 0; i < levels_[level].generators.size(); ++i)
            add_coset(level, compose(levels_[level].generators[i], p));
        return;
    }
    const Permutation rest = compose(inverse(u), p);
    if (!contains_from(level + 1, rest)) add_generator(level + 1, rest);
}

long double PermutationGroup::order() const {
    long double order = 1;
    for (const Level& level : levels_)
        order *= static_cast<long double>(
            std::count_if(level.transversal.begin(), level.transversal.end(),
                          [](const Permutation& u) { return !u.empty(); }));
    return order;
}

Permutation PermutationGroup::random_element(Random& random) const {
    Permutation p = identity(levels_.size());
    for (const Level& level : levels_) {
        std::vector<const Permutation*> choices;
        for (const Permutation& u : level.transversal)
            if (!u.empty()) choices.push_back(&u);
        p = compose(p, *choices[static_cast<size_t>(random.below(choices.size()))]);
    }
    return p;
}

std::vector<uint8_t> PermutationGroup::base() const {
    std::vector<uint8_t> points;
    for (size_t i = 0; i < levels_.size(); ++i)
        if (!levels_[i].generators.empty()) points.push_back(static_cast<uint8_t>(i));
    return points;
}

std::vector<uint8_t> PermutationGroup::orbit(uint8_t point) const {
    std::vector<uint8_t> points{point};
    std::vector<bool> seen(levels_.size());
    seen[point] = true;
    for (size_t i = 0; i < points.size(); ++i)
        for (const Permutation& p : generators_)
            if (!seen[p[points[i]]]) {
                seen[p[points[i]]] = true;
                points.push_back(p[points[i]]);
            }
    std::sort(points.begin(), points.end());
    return points;
}

} // namespace qstar::search
