#include "engine/run/version.h"

#include "engine/base/cpu.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/gpt_config.h"
#include "engine/text/joined.h"

namespace qstar::engine {

std::string version_text(const std::string& release, bool with_vulkan) {
    std::string sets = "scalar";
    if (cpu().avx2 && avx2_kernels() != nullptr) sets += ", avx2";
    if (cpu().avx512 && avx512_kernels() != nullptr) sets += ", avx512";
    if (neon_kernels() != nullptr) sets += ", neon";
    return release + "\nfamilies " + joined(kFamilies, ", ", family_name) + "\ndevices cpu (" +
           sets + ")" + (with_vulkan ? ", vulkan" : "");
}

} // namespace qstar::engine
