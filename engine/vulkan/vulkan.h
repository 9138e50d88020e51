#pragma once
// Computing on a GPU by Vulkan 1.2: devices (device/device.h), and what there is to choose
// from. Read README.md in this folder first.

#include "engine/vulkan/gpu/device_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qstar::engine {

class Device;

// Opens device `index` of the list below; -1: the best one. Each call gives an object of its own,
// also for a GPU that is open already, which stays open until the program ends: what is made on it
// may live as long. Error where there is none. May be called from several threads.
const Device& open_vulkan_device(int index);

// All that the loader offers; `why` says why there is none: no loader, no device, or a
// program built without Vulkan.
std::vector<VulkanDeviceInfo> vulkan_devices(std::string& why);

// For tests: how many messages the validation layer has sent (QSTAR_VULKAN_VALIDATION=1
// asks for it where it is installed), and the first of them; -1 if it is not at work.
int vulkan_messages(std::string& first);

// For tests: Device::download() as it is done where the host reads a device's memory slowly. Error
// for a device that open_vulkan_device() has not given.
void vulkan_fetch(const Device& device, int64_t n, const float* from, float* to);

} // namespace qstar::engine
