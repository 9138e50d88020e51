#include "engine/device/device.h"

#include "engine/error.h"
#include "engine/vulkan/vulkan.h"

#include <charconv>

namespace qstar::engine {

namespace {

const Device*& current() {
    static const Device* chosen = &cpu_device();
    return chosen;
}

thread_local int host_memory = 0;

} // namespace

const Device& device() { return *current(); }

void use_device(const Device& device) {
    current()->finish();
    current() = &device;
}

void use_device(const std::string& name) {
    current()->finish();
    if (name == "cpu") {
        current() = &cpu_device();
        return;
    }
    const std::string kind = "vulkan", numbered = kind + ":";
    int index = -1; // the best one
    if (name.starts_with(numbered)) {
        const char* end = name.data() + name.size();
        const auto [at, error] = std::from_chars(name.data() + numbered.size(), end, index);
        if (error != std::errc() || at != end || index < 0) index = -2;
    }
    if (index == -2 || (name != kind && !name.starts_with(numbered))) {
        fail("--device {}: expected cpu, vulkan or vulkan:NUMBER", name);
    }
    current() = &vulkan_device(index);
}

HostMemory::HostMemory() { ++host_memory; }
HostMemory::~HostMemory() { --host_memory; }
bool wants_host_memory() { return host_memory > 0; }

} // namespace qstar::engine
