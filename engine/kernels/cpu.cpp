#include "engine/kernels/cpu.h"

#include <fstream>
#include <string>
#include <thread>

#ifdef QSTAR_X86
#include <cpuid.h>
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

// From Linux's own list ("32K", of type Data or Unified), since sysconf() gives some
// processors the sum over all their cores; elsewhere common sizes.
int64_t cache_size(int level) {
    for (int index = 0; index < 8; ++index) {
        const std::string folder =
            "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
        std::ifstream level_file(folder + "level"), type_file(folder + "type"),
            size_file(folder + "size");
        int found = 0;
        std::string type;
        int64_t kibibytes = 0;
        if (!(level_file >> found) || !(type_file >> type) || !(size_file >> kibibytes)) continue;
        if (found == level && type != "Instruction" && kibibytes > 0) return kibibytes << 10;
    }
    return level == 1 ? 32 << 10 : level == 2 ? 512 << 10 : 8 << 20;
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
#endif
    result.l1d = cache_size(1);
    result.l2 = cache_size(2);
    result.l3 = cache_size(3);
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
