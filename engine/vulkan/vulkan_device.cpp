#include "engine/vulkan/vulkan_device.h"

namespace qstar::engine::vulkan {

VulkanDevice::VulkanDevice(std::shared_ptr<Instance> instance, const Physical& physical)
    : name_(physical.info.name + " by Vulkan"),
      gpu_(std::make_shared<Gpu>(std::move(instance), physical)) {}

void VulkanDevice::download(int64_t n, const float* from, float* to) const {
    gpu_->download(n, from, to);
}

// Numbers of the widest activation of a micro-batch: a large GPU wants much work at once, a
// processor's caches little.
int64_t VulkanDevice::widest_activation() const {
    switch (gpu_->physical().properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return int64_t{1} << 26;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return int64_t{1} << 22;
    default:
        return int64_t{1} << 20;
    }
}

} // namespace qstar::engine::vulkan
