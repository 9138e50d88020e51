#include "engine/io/sha256.h"

#include "engine/io/streams.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <fmt/core.h>
#include <vector>

namespace qstar {
namespace {

// The first 32 bits of the fractions of the cube roots of the first 64 primes.
constexpr std::array<uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using State = std::array<uint32_t, 8>;

// One block of 64 bytes (section 6.2.2).
void compress(State& state, const unsigned char* block) {
    std::array<uint32_t, 64> w;
    for (size_t t = 0; t < 16; ++t) {
        w[t] = uint32_t{block[4 * t]} << 24 | uint32_t{block[4 * t + 1]} << 16 |
               uint32_t{block[4 * t + 2]} << 8 | uint32_t{block[4 * t + 3]};
    }
    for (size_t t = 16; t < 64; ++t) {
        const uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
        const uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (size_t t = 0; t < 64; ++t) {
        const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const uint32_t choice = (e & f) ^ (~e & g);
        const uint32_t t1 = h + sum1 + choice + kRoundConstants[t] + w[t];
        const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + sum0 + majority;
    }
    const State added = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; ++i) state[i] += added[i];
}

} // namespace

void Sha256::update(std::string_view bytes) {
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    for (size_t left = bytes.size(); left > 0;) {
        const size_t filled = length_ % block_.size();
        if (filled == 0 && left >= block_.size()) {
            compress(state_, data);
            data += block_.size(), left -= block_.size(), length_ += block_.size();
            continue;
        }
        const size_t count = std::min(left, block_.size() - filled);
        std::copy_n(data, count, block_.data() + filled);
        data += count, left -= count, length_ += count;
        if (filled + count == block_.size()) compress(state_, block_.data());
    }
}

// A one bit, zeros, and the length in bits (section 5.1.1).
std::string Sha256::digest() {
    const uint64_t bits = length_ * 8;
    std::array<char, 64> zeros{};
    update("\x80");
    const size_t filled = length_ % 64;
    update({zeros.data(), (filled <= 56 ? 56 : 120) - filled});
    std::array<char, 8> end{};
    for (size_t i = 0; i < 8; ++i) end[7 - i] = static_cast<char>(bits >> (8 * i));
    update({end.data(), end.size()});

    std::string text;
    for (const uint32_t word : state_) text += fmt::format("{:08x}", word);
    return text;
}

std::string sha256(std::string_view bytes) {
    Sha256 sum;
    sum.update(bytes);
    return sum.digest();
}

std::string sha256_file(const std::string& path) {
    const FileReader file(path);
    Sha256 sum;
    std::vector<char> piece(1 << 16);
    for (uint64_t at = 0; at < file.size();) {
        const auto count = static_cast<size_t>(std::min<uint64_t>(piece.size(), file.size() - at));
        file.read_at(at, piece.data(), count);
        sum.update({piece.data(), count});
        at += count;
    }
    return sum.digest();
}

} // namespace qstar
