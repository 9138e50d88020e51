#pragma once
// The tables of kernels under test: those that this processor runs.

#include "engine/base/cpu.h"
#include "engine/kernels/kernels.h"

#include <vector>

namespace qstar::engine {

inline std::vector<const Kernels*> vector_tables() {
    std::vector<const Kernels*> tables;
    if (cpu().avx2 && avx2_kernels() != nullptr) tables.push_back(avx2_kernels());
    if (cpu().avx512 && avx512_kernels() != nullptr) tables.push_back(avx512_kernels());
    if (neon_kernels() != nullptr) tables.push_back(neon_kernels());
    return tables;
}

inline std::vector<const Kernels*> all_tables() {
    std::vector<const Kernels*> tables = {&scalar_kernels()};
    for (const Kernels* table : vector_tables()) tables.push_back(table);
    return tables;
}

} // namespace qstar::engine
