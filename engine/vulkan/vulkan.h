#pragma once
// Computing on a GPU by Vulkan 1.2: a table for device/device.h, and what there is to
// choose from. Read README.md in this folder first.

#include "engine/vulkan/gpu/device_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qstar::engine {

struct Device;

// The table of device `index` of the list below; -1: of the best one. The device is opened
// on the first call and stays open until the program ends. Error where there is none.
const Device& vulkan_device(int index);

// All that the loader offers; `why` says why there is none: no loader, no device, or a
// program built without Vulkan.
std::vector<VulkanDeviceInfo> vulkan_devices(std::string& why);

// For tests: how many messages the validation layer has sent (QSTAR_VULKAN_VALIDATION=1
// asks for it where it is installed), and the first of them; -1 if it is not at work.
int vulkan_messages(std::string& first);

// For tests: Device::download() as it is done where the host reads a device's memory slowly.
void vulkan_fetch(int64_t n, const float* from, float* to);

} // namespace qstar::engine
