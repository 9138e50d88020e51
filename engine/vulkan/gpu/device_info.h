#pragma once
// What is known of a device before it is opened.

#include <string>

namespace qstar::engine {

struct VulkanDeviceInfo {
    std::string name, kind;       // "NVIDIA H100", "discrete GPU"
    std::string driver;           // "llvmpipe: Mesa 22.3.6"
    std::string bf16;             // its matrix units' blocks; empty: bf16 is computed in fp32
    std::string missing;          // why it cannot be used; empty if it can
    double memory_gib = 0;        // of its own
    double mapped_gib = 0;        // the heap that tensors would lie in
    bool mapped_is_local = false; // that heap is the device's own
    int shared_kib = 0;           // memory shared by a work group
};

} // namespace qstar::engine
