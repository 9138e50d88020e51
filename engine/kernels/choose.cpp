#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/base/openblas.h"
#include "engine/kernels/bf16.h"
#include "engine/kernels/kernels.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::engine {

namespace {

struct Choice {
    const Kernels* table;
    const char* name;
    bool openblas;
};

// The tables that are compiled in and that the processor can run, best last.
std::vector<const Kernels*> usable() {
    std::vector<const Kernels*> tables{&scalar_kernels()};
    if (cpu().avx2 && avx2_kernels() != nullptr) tables.push_back(avx2_kernels());
    if (cpu().avx512 && avx512_kernels() != nullptr) tables.push_back(avx512_kernels());
    if (neon_kernels() != nullptr) tables.push_back(neon_kernels()); // every 64-bit Arm has it
    return tables;
}

Choice choose(std::string_view wanted) {
    const std::vector<const Kernels*> tables = usable();
    if (wanted.empty()) return {tables.back(), tables.back()->name, false};
    std::string offered;
    for (const Kernels* table : tables) {
        if (wanted == table->name) return {table, table->name, false};
        offered += offered.empty() ? table->name : std::string(", ") + table->name;
    }
    if (wanted == "openblas" && has_openblas()) return {tables.back(), "openblas", true};
    if (wanted == "openblas") {
        fail("QSTAR_ISA=openblas: the program was built without OpenBLAS or finds no library of it "
             "here; it offers {}",
             offered);
    }
    if (has_openblas()) offered += ", openblas";
    if (wanted == "avx2" || wanted == "avx512" || wanted == "neon") {
        fail("QSTAR_ISA={}: this processor offers only {}", wanted, offered);
    }
    fail("QSTAR_ISA={}: not an instruction set of this program, expected one of {}", wanted,
         offered);
}

Choice& current() {
    static Choice choice = [] {
        const char* wanted = std::getenv("QSTAR_ISA");
        return choose(wanted == nullptr ? "" : wanted);
    }();
    return choice;
}

const Bf16Kernels* choose_bf16() {
    std::vector<const Bf16Kernels*> offered; // best first
    if (cpu().amx_bf16 && amx_bf16_kernels() != nullptr) offered.push_back(amx_bf16_kernels());
    if (cpu().avx512_bf16 && avx512_bf16_kernels() != nullptr)
        offered.push_back(avx512_bf16_kernels());
    const char* wanted = std::getenv("QSTAR_BF16");
    if (wanted == nullptr || *wanted == '\0') return offered.empty() ? nullptr : offered.front();
    std::string names;
    for (const Bf16Kernels* table : offered) {
        if (std::string_view(wanted) == table->name) return table;
        names += names.empty() ? table->name : std::string(", ") + table->name;
    }
    fail("QSTAR_BF16={}: this processor, as its operating system lets us use it, offers {}", wanted,
         names.empty() ? "no bf16" : names);
}

} // namespace

const Bf16Kernels* bf16_kernels() {
    static const Bf16Kernels* const best = choose_bf16();
    return &kernels() == avx512_kernels() ? best : nullptr;
}

const Kernels& kernels() { return *current().table; }

const char* isa_name() { return current().name; }

bool gemm_is_openblas() { return current().openblas; }

void use_isa(const char* name) { current() = choose(name); }

} // namespace qstar::engine
