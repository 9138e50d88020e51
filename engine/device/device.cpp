#include "engine/device/device.h"

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

HostMemory::HostMemory() { ++host_memory; }
HostMemory::~HostMemory() { --host_memory; }
bool wants_host_memory() { return host_memory > 0; }

} // namespace qstar::engine
