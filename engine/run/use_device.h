#pragma once
// Devices by name: the one place that knows both the processor and Vulkan.

#include "engine/device/device.h"

#include <string>

namespace qstar::engine {

// "cpu", "vulkan" (the best there is) or "vulkan:1" (number 1 of `qstar engine info`). Error for
// any other name, and where there is no such device; then the one in use stays.
void use_device(const std::string& name);

} // namespace qstar::engine
