#include "engine/base/random.h"

#include "engine/base/elementary.h"

#include <array>
#include <cmath>
#include <numbers>

namespace qstar {

namespace {

using Block = std::array<uint32_t, 4>;

// One Philox round: two 32x32 -> 64 bit products, halves swapped and mixed with the key.
Block philox_round(const Block& x, uint32_t key0, uint32_t key1) {
    const uint64_t product0 = uint64_t{0xD2511F53u} * x[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57u} * x[2];
    return {static_cast<uint32_t>(product1 >> 32) ^ x[1] ^ key0, static_cast<uint32_t>(product1),
            static_cast<uint32_t>(product0 >> 32) ^ x[3] ^ key1, static_cast<uint32_t>(product0)};
}

Block philox(uint64_t seed, uint64_t stream, uint64_t block) {
    Block x{static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
            static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)};
    uint32_t key0 = static_cast<uint32_t>(seed);
    uint32_t key1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        x = philox_round(x, key0, key1);
        key0 += 0x9E3779B9u; // the golden ratio and sqrt(3) - 1 as Weyl increments
        key1 += 0xBB67AE85u;
    }
    return x;
}

} // namespace

uint32_t Random::next() {
    const Block block = philox(seed, stream, counter / 4);
    return block[counter++ % 4];
}

double Random::uniform() {
    const uint64_t high = next() >> 6; // 26 bits
    const uint64_t low = next() >> 5;  // 27 bits
    return static_cast<double>((high << 27) | low) * 0x1.0p-53;
}

double Random::normal() {
    const double radius = std::sqrt(-2.0 * math::log(1.0 - uniform()));
    return radius * math::cos(2.0 * std::numbers::pi * uniform());
}

uint64_t Random::below(uint64_t n) {
    // Scaling instead of rejection: the bias is below n / 2^53, and every call
    // draws the same count of numbers.
    return static_cast<uint64_t>(uniform() * static_cast<double>(n));
}

} // namespace qstar
