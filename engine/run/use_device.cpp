#include "engine/run/use_device.h"

#include "engine/base/error.h"
#include "engine/vulkan/vulkan.h"

#include <charconv>
#include <map>

namespace qstar::engine {

void use_device(const std::string& name) {
    if (name == "cpu") {
        use_device(cpu_device());
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
    static std::map<int, const Device*> opened; // a name means one device, however often it is said
    const Device*& device = opened[index];
    if (device == nullptr) device = &open_vulkan_device(index);
    use_device(*device);
}

} // namespace qstar::engine
