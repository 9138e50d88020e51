// Elementwise operations and their gradients, each one shader.

#include "engine/vulkan/vulkan_device.h"

namespace qstar::engine::vulkan {

void VulkanDevice::fill(int64_t n, float value, float* x) const {
    Operation operation(*gpu_);
    const struct {
        Address x;
        int32_t n;
        float value;
    } push = {operation.write(x, n), number(n), value};
    operation.run(shaders::fill, {}, push, groups_for(n));
}

void VulkanDevice::add_scaled(int64_t n, float alpha, const float* x, GradTarget d) const {
    if (!d.data) return;
    Operation operation(*gpu_);
    const struct {
        Address x, d;
        int32_t n;
        float alpha;
        uint32_t fresh;
    } push = {operation.read(x, n), operation.write(d.data, n), number(n), alpha, d.fresh};
    operation.run(shaders::add_scaled, {}, push, groups_for(n));
}

void VulkanDevice::map(Map f, int64_t n, const float* x, float c0, float c1, float* y) const {
    Operation operation(*gpu_);
    const struct {
        Address x, y;
        int32_t n;
        float c0, c1;
    } push = {operation.read(x, n), operation.write(y, n), number(n), c0, c1};
    operation.run(shaders::map, {static_cast<uint32_t>(f)}, push, groups_for(n));
}

void VulkanDevice::map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy,
                            float c0, float c1, GradTarget dx) const {
    if (!dx.data) return;
    if (f == Map::scale) return add_scaled(n, c0, dy, dx);
    if (f == Map::shift) return add_scaled(n, 1.0f, dy, dx);
    Operation operation(*gpu_);
    const struct {
        Address x, y, dy, dx;
        int32_t n;
        float c0, c1;
        uint32_t fresh;
    } push = {operation.read(x, n),
              operation.read(y, n),
              operation.read(dy, n),
              operation.write(dx.data, n),
              number(n),
              c0,
              c1,
              dx.fresh};
    operation.run(shaders::map_grad, {static_cast<uint32_t>(f)}, push, groups_for(n));
}

void VulkanDevice::zip(Zip f, int64_t n, const float* a, const float* b, float* y) const {
    Operation operation(*gpu_);
    const struct {
        Address a, b, y;
        int32_t n;
    } push = {operation.read(a, n), operation.read(b, n), operation.write(y, n), number(n)};
    operation.run(shaders::zip, {static_cast<uint32_t>(f)}, push, groups_for(n));
}

void VulkanDevice::zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b,
                            const float* dy, GradTarget d) const {
    if (!d.data) return;
    Operation operation(*gpu_);
    const struct {
        Address a, b, dy, d;
        int32_t n;
        uint32_t fresh;
    } push = {operation.read(a, n),
              operation.read(b, n),
              operation.read(dy, n),
              operation.write(d.data, n),
              number(n),
              d.fresh};
    operation.run(shaders::zip_grad, {static_cast<uint32_t>(f), second}, push, groups_for(n));
}

void VulkanDevice::spread(int64_t n, const float* y, GradTarget d) const {
    if (!d.data) return;
    Operation operation(*gpu_);
    const struct {
        Address y, d;
        int32_t n;
        uint32_t fresh;
    } push = {operation.read(y, 1), operation.write(d.data, n), number(n), d.fresh};
    operation.run(shaders::spread, {}, push, groups_for(n));
}

} // namespace qstar::engine::vulkan
