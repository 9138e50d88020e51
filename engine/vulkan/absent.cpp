// In the place of this folder where a program is built without Vulkan.

#include "engine/base/error.h"
#include "engine/vulkan/vulkan.h"

#include <string>
#include <vector>

namespace qstar::engine {

namespace {
const char* const kWhy = "this program was built without Vulkan (QSTAR_VULKAN)";
}

const Device& open_vulkan_device(int) { fail("--device vulkan: {}", kWhy); }

std::vector<VulkanDeviceInfo> vulkan_devices(std::string& why) {
    why = kWhy;
    return {};
}

int vulkan_messages(std::string&) { return -1; }

void vulkan_fetch(const Device&, int64_t, const float*, float*) { fail("{}", kWhy); }

} // namespace qstar::engine
