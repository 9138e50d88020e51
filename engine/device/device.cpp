#include "engine/device/device.h"

namespace qstar::engine {

namespace {

const Device*& current() {
    static const Device* chosen = &cpu_device();
    return chosen;
}

} // namespace

const Device& device() { return *current(); }

void use_device(const Device& device) {
    current()->finish();
    current() = &device;
}

} // namespace qstar::engine
