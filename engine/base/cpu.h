#pragma once
// What the processor and its operating system offer. Thread-safe.

#include <cstdint>
#include <string>

namespace qstar::engine {

struct Cpu {
    std::string brand;   // "AMD EPYC ...", or "unknown"
    bool avx2 = false;   // AVX2 and FMA
    bool avx512 = false; // AVX-512 F, DQ, BW and VL
    bool avx512_bf16 = false;
    bool amx_bf16 = false;           // and AVX512_BF16; the system lets this process use the tiles
    int64_t l1d = 0, l2 = 0, l3 = 0; // bytes; common values where the system does not say
    int processors = 1;              // that this process may use
};

// Asked once, on the first call. An instruction set counts as offered only when
// the operating system saves its registers.
const Cpu& cpu();

} // namespace qstar::engine
