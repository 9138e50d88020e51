#pragma once
// What `qstar --version` says.

#include <string>

namespace qstar::engine {

// `release`, and under it the families of models and the devices that can compute them, with the
// instruction sets that the program has kernels for and this processor runs. It looks for no GPU:
// their drivers are large, and `qstar engine info` has them.
std::string version_text(const std::string& release, bool with_vulkan);

} // namespace qstar::engine
