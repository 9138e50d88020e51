#pragma once
// The instance, one device and its queue.

#include "engine/vulkan/gpu/api.h"
#include "engine/vulkan/gpu/device_info.h"
#include "engine/vulkan/gpu/matrix_units.h"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace qstar::engine::vulkan {

// What the validation layer has said.
struct Messages {
    std::atomic<int> count = 0;
    std::mutex mutex;
    std::string first;
};

// With the validation layer where QSTAR_VULKAN_VALIDATION=1 asks for it and it is there.
class Instance {
  public:
    Instance() = default;
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    bool open(std::string& why); // false and why
    std::vector<VkPhysicalDevice> devices() const;

    Api api;
    VkInstance handle = VK_NULL_HANDLE;
    bool validates = false;
    Messages messages;

  private:
    VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
};

// What a physical device is and has.
struct Physical {
    VkPhysicalDevice handle = VK_NULL_HANDLE;
    VkPhysicalDeviceProperties properties{};
    VkPhysicalDeviceMemoryProperties memory{};
    VulkanDeviceInfo info;
    uint32_t queue_family = 0;
    uint32_t memory_type = 0;  // of tensors: visible to the host, the device's own if it has such
    uint32_t staging_type = 0; // that the host reads fast
    MatrixUnits matrix_units;
    bool host_reads_fast = false; // tensors lie in memory that the host caches
};
Physical describe(const Instance& instance, VkPhysicalDevice device);

// The opened device.
class Context {
  public:
    Context(Instance& instance, const Physical& physical);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    Api api;
    Physical physical;
    VkDevice device = VK_NULL_HANDLE;
    VkQueue queue = VK_NULL_HANDLE;
};

} // namespace qstar::engine::vulkan
