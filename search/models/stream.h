#pragma once
// Random streams that are named by what they are for.
//
// A draw's text must not depend on the batch that it was computed in, so each draw
// has a stream of its own, made from (problem, expansion, sample, step).

#include <cstdint>

namespace qstar::search {

// One well mixed number from two (the finaliser of SplitMix64; Steele, Lea and
// Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
constexpr uint64_t derive_stream(uint64_t a, uint64_t b) {
    uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

} // namespace qstar::search
