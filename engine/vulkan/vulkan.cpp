// Which devices there are, and those that were opened.

#include "engine/vulkan/vulkan.h"

#include "engine/base/error.h"
#include "engine/vulkan/vulkan_device.h"

#include <memory>
#include <mutex>

namespace qstar::engine {

namespace vulkan {

namespace {

// The loader's instance, through which devices are found and opened; no state of theirs.
struct Loader {
    std::shared_ptr<Instance> instance;
    std::string why; // there is none
};

const Loader& loader() {
    static const Loader one = [] {
        Loader l;
        l.instance = std::make_shared<Instance>();
        if (!l.instance->open(l.why)) l.instance.reset();
        return l;
    }();
    return one;
}

// Keeps a device open until the program ends.
const Device& keep(std::unique_ptr<Device> device) {
    static std::mutex mutex;
    static std::vector<std::unique_ptr<Device>> opened;
    const std::lock_guard lock(mutex);
    return *opened.emplace_back(std::move(device));
}

std::vector<Physical> physical_devices() {
    std::vector<Physical> list;
    const auto& instance = loader().instance;
    if (!instance) return list;
    for (VkPhysicalDevice device : instance->devices()) {
        list.push_back(describe(*instance, device));
    }
    return list;
}

int rank_of(const Physical& p) {
    if (!p.info.missing.empty()) return -1;
    switch (p.properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 2;
    default:
        return 1;
    }
}

} // namespace

} // namespace vulkan

const Device& open_vulkan_device(int index) {
    const vulkan::Loader& loader = vulkan::loader();
    if (!loader.instance) fail("--device vulkan: {}", loader.why);
    const std::vector<vulkan::Physical> list = vulkan::physical_devices();
    if (list.empty()) fail("--device vulkan: the Vulkan loader finds no device on this machine");
    int chosen = index;
    if (index < 0) {
        chosen = 0;
        for (size_t i = 1; i < list.size(); ++i) {
            if (vulkan::rank_of(list[i]) > vulkan::rank_of(list[static_cast<size_t>(chosen)])) {
                chosen = static_cast<int>(i);
            }
        }
    }
    if (chosen >= static_cast<int>(list.size())) {
        fail("--device vulkan:{}: the devices of this machine are numbered from 0 to {} (qstar "
             "engine info lists them)",
             chosen, list.size() - 1);
    }
    const vulkan::Physical& physical = list[static_cast<size_t>(chosen)];
    if (!physical.info.missing.empty()) {
        fail("--device vulkan: {} cannot be used: {}", physical.info.name, physical.info.missing);
    }
    return vulkan::keep(std::make_unique<vulkan::VulkanDevice>(loader.instance, physical));
}

std::vector<VulkanDeviceInfo> vulkan_devices(std::string& why) {
    std::vector<VulkanDeviceInfo> list;
    for (const vulkan::Physical& p : vulkan::physical_devices()) list.push_back(p.info);
    why = vulkan::loader().why;
    if (list.empty() && why.empty()) why = "the Vulkan loader finds no device on this machine";
    return list;
}

int vulkan_messages(std::string& first) {
    const auto& instance = vulkan::loader().instance;
    if (!instance || !instance->validates) return -1;
    const std::lock_guard lock(instance->messages.mutex);
    first = instance->messages.first;
    return instance->messages.count;
}

void vulkan_fetch(const Device& device, int64_t n, const float* from, float* to) {
    const auto* gpu = dynamic_cast<const vulkan::VulkanDevice*>(&device);
    if (gpu == nullptr) fail("{} is no device by Vulkan", device.name());
    gpu->fetch(n, from, to);
}

} // namespace qstar::engine
