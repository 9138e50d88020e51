#include "engine/run/version.h"

#include "engine/base/cpu.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/gpt_config.h"

namespace qstar::engine {

std::string version_text(const std::string& release, bool with_vulkan) {
    std::string known, sets = "scalar";
    for (const Family family : kFamilies)
        known += (known.empty() ? "" : ", ") + std::string(family_name(family));
    if (cpu().avx2 && avx2_kernels() != nullptr) sets += ", avx2";
    if (cpu().avx512 && avx512_kernels() != nullptr) sets += ", avx512";
    if (neon_kernels() != nullptr) sets += ", neon";
    return release + "\nfamilies " + known + "\ndevices cpu (" + sets + ")" +
           (with_vulkan ? ", vulkan" : "");
}

} // namespace qstar::engine
