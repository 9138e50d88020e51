#include "engine/base/cpu.h"

#include <fstream>
#include <string>
#include <thread>

#ifdef QSTAR_X86
#include <cpuid.h>
#endif
#if defined(QSTAR_X86) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace qstar::engine {

namespace {

#ifdef QSTAR_X86
// CPUID leaves 0x80000002 to 0x80000004 hold 48 characters.
std::string brand_string() {
    std::string brand;
    for (unsigned leaf = 0x80000002u; leaf <= 0x80000004u; ++leaf) {
        unsigned registers[4] = {};
        if (!__get_cpuid(leaf, &registers[0], &registers[1], &registers[2], &registers[3])) break;
        for (const unsigned value : registers) {
            for (int shift = 0; shift < 32; shift += 8) {
                const char c = static_cast<char>(value >> shift);
                if (c != '\0') brand += c;
            }
        }
    }
    const size_t first = brand.find_first_not_of(' ');
    const size_t last = brand.find_last_not_of(' ');
    return first == std::string::npos ? "unknown" : brand.substr(first, last - first + 1);
}
#endif

#ifdef QSTAR_X86
// What the processor itself says, in bytes, or 0. Intel lists its caches in leaf 4, AMD
// in the same form in leaf 0x8000001D; a virtual machine may leave both empty and yet
// answer AMD's older leaves 0x80000005 and 0x80000006.
int64_t cache_by_cpuid(int wanted) {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    for (const unsigned leaf : {4u, 0x8000001Du}) {
        for (unsigned index = 0; index < 8; ++index) {
            if (!__get_cpuid_count(leaf, index, &a, &b, &c, &d) || (a & 31u) == 0) break;
            const bool instructions = (a & 31u) == 2;
            const int level = static_cast<int>(a >> 5 & 7u);
            if (instructions || level != wanted) continue;
            return int64_t{(b >> 22) + 1} * ((b >> 12 & 1023u) + 1) * ((b & 4095u) + 1) *
                   (int64_t{c} + 1);
        }
    }
    if (wanted == 1 && __get_cpuid(0x80000005u, &a, &b, &c, &d)) return int64_t{c >> 24} << 10;
    if (wanted == 2 && __get_cpuid(0x80000006u, &a, &b, &c, &d)) return int64_t{c >> 16} << 10;
    return 0;
}
#else
int64_t cache_by_cpuid(int) { return 0; }
#endif

#if defined(QSTAR_X86) && defined(__linux__)
// AMX-TILE and AMX-BF16 (leaf 7, EDX), the tiles saved by the system (XCR0), and its leave to
// use them, which a process asks for once for all its threads: they make what is saved for a
// thread 8 KiB larger (Linux, Documentation/arch/x86/xstate.rst).
bool may_use_amx() {
    constexpr unsigned kTile = 1u << 24, kBf16 = 1u << 22, kSaves = 1u << 27, kTiles = 3u << 17;
    constexpr long kRequestPermission = 0x1023, kTileData = 18; // of arch_prctl
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & kSaves) == 0) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    if ((d & kTile) == 0 || (d & kBf16) == 0) return false;
    unsigned low = 0, high = 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & kTiles) != kTiles) return false;
    return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#elif defined(QSTAR_X86)
bool may_use_amx() { return false; }
#endif

// From Linux's own list ("32K", of type Data or Unified), since sysconf() gives some
// processors the sum over all their cores; or 0.
int64_t cache_by_system(int wanted) {
    for (int index = 0; index < 8; ++index) {
        const std::string folder =
            "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
        std::ifstream level_file(folder + "level"), type_file(folder + "type"),
            size_file(folder + "size");
        int found = 0;
        std::string type;
        int64_t kibibytes = 0;
        if (!(level_file >> found) || !(type_file >> type) || !(size_file >> kibibytes)) continue;
        if (found == wanted && type != "Instruction" && kibibytes > 0) return kibibytes << 10;
    }
    return 0;
}

int64_t cache_size(int level, int64_t otherwise) {
    for (const int64_t size : {cache_by_system(level), cache_by_cpuid(level)}) {
        if (size > 0) return size;
    }
    return otherwise;
}

Cpu ask() {
    Cpu result;
    result.brand = "unknown";
#ifdef QSTAR_X86
    result.brand = brand_string();
    // These builtins look at XCR0 as well: the system must save the registers.
    __builtin_cpu_init();
    result.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    result.avx512 = result.avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512vl");
    result.avx512_bf16 = result.avx512 && __builtin_cpu_supports("avx512bf16");
    result.amx_bf16 = result.avx512_bf16 && may_use_amx();
#endif
    result.l1d = cache_size(1, 32 << 10);
    result.l2 = cache_size(2, 512 << 10);
    result.l3 = cache_size(3, 8 << 20);
    result.processors = static_cast<int>(std::thread::hardware_concurrency());
    if (result.processors < 1) result.processors = 1;
    return result;
}

} // namespace

const Cpu& cpu() {
    static const Cpu asked = ask();
    return asked;
}

} // namespace qstar::engine
