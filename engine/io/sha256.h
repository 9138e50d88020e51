#pragma once
// SHA-256 (FIPS 180-4), for comparing files by one short text.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qstar {

// Of bytes that come piece by piece.
class Sha256 {
  public:
    void update(std::string_view bytes);
    std::string digest(); // 64 lower-case hex digits; ends it

  private:
    std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, 64> block_{}; // what is not yet a whole block
    uint64_t length_ = 0;                   // bytes so far
};

std::string sha256(std::string_view bytes);
std::string sha256_file(const std::string& path); // Error if the file is unreadable

} // namespace qstar
