#pragma once
// Random numbers that can be stored, resumed and split.
//
// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3",
// SC 2011): the n-th number of a stream is a pure function of (seed, stream, n),
// so nothing depends on threads or on the order of calls between streams, and
// the whole state is three integers.

#include <cstdint>
#include <string_view>

namespace qstar {

// FNV-1a, 64 bits: turns a name ("pretrain/batches") into a stream number, and
// a problem's text into the number that puts it on one side of a split.
constexpr uint64_t hash_name(std::string_view name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

struct Random {
    uint64_t seed = 0;
    uint64_t stream = 0;
    uint64_t counter = 0; // how many 32-bit numbers were drawn

    Random() = default;
    Random(uint64_t seed_, uint64_t stream_) : seed(seed_), stream(stream_) {}
    Random(uint64_t seed_, std::string_view name) : seed(seed_), stream(hash_name(name)) {}

    uint32_t next();            // uniform over all 32-bit numbers
    double uniform();           // in [0, 1), 53 bits; draws two numbers
    double normal();            // mean 0, variance 1 (Box-Muller); draws four
    uint64_t below(uint64_t n); // uniform in [0, n), n > 0; draws two
};

// The number of a stream that is named by what it is for: one well mixed number from two (the
// finaliser of SplitMix64; Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
// Generators", 2014). A draw's text must not depend on the batch that it was computed in, so each
// draw has a stream of its own, made from (problem, expansion, sample, step).
constexpr uint64_t derive_stream(uint64_t a, uint64_t b) {
    uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

} // namespace qstar
