// Elementwise operations and their gradients, each one shader.

#include "engine/vulkan/gpu/gpu.h"
#include "engine/vulkan/operations.h"

namespace qstar::engine::vulkan {

void fill(int64_t n, float value, float* x) {
    Job job(gpu());
    const struct {
        Address x;
        int32_t n;
        float value;
    } push = {job.write(x, n), number(n), value};
    job.run(shaders::fill, {}, push, groups_for(n));
}

void add_scaled(int64_t n, float alpha, const float* x, Slot d) {
    if (!d.data) return;
    Job job(gpu());
    const struct {
        Address x, d;
        int32_t n;
        float alpha;
        uint32_t fresh;
    } push = {job.read(x, n), job.write(d.data, n), number(n), alpha, d.fresh};
    job.run(shaders::add_scaled, {}, push, groups_for(n));
}

void map(Map f, int64_t n, const float* x, float c0, float c1, float* y) {
    Job job(gpu());
    const struct {
        Address x, y;
        int32_t n;
        float c0, c1;
    } push = {job.read(x, n), job.write(y, n), number(n), c0, c1};
    job.run(shaders::map, {static_cast<uint32_t>(f)}, push, groups_for(n));
}

void map_grad(Map f, int64_t n, const float* x, const float* y, const float* dy, float c0, float c1,
              Slot dx) {
    if (!dx.data) return;
    if (f == Map::scale) return add_scaled(n, c0, dy, dx);
    if (f == Map::shift) return add_scaled(n, 1.0f, dy, dx);
    Job job(gpu());
    const struct {
        Address x, y, dy, dx;
        int32_t n;
        float c0, c1;
        uint32_t fresh;
    } push = {
        job.read(x, n), job.read(y, n), job.read(dy, n), job.write(dx.data, n), number(n), c0, c1,
        dx.fresh};
    job.run(shaders::map_grad, {static_cast<uint32_t>(f)}, push, groups_for(n));
}

void zip(Zip f, int64_t n, const float* a, const float* b, float* y) {
    Job job(gpu());
    const struct {
        Address a, b, y;
        int32_t n;
    } push = {job.read(a, n), job.read(b, n), job.write(y, n), number(n)};
    job.run(shaders::zip, {static_cast<uint32_t>(f)}, push, groups_for(n));
}

void zip_grad(Zip f, bool second, int64_t n, const float* a, const float* b, const float* dy,
              Slot d) {
    if (!d.data) return;
    Job job(gpu());
    const struct {
        Address a, b, dy, d;
        int32_t n;
        uint32_t fresh;
    } push = {job.read(a, n),       job.read(b, n), job.read(dy, n),
              job.write(d.data, n), number(n),      d.fresh};
    job.run(shaders::zip_grad, {static_cast<uint32_t>(f), second}, push, groups_for(n));
}

void spread(int64_t n, const float* y, Slot d) {
    if (!d.data) return;
    Job job(gpu());
    const struct {
        Address y, d;
        int32_t n;
        uint32_t fresh;
    } push = {job.read(y, 1), job.write(d.data, n), number(n), d.fresh};
    job.run(shaders::spread, {}, push, groups_for(n));
}

} // namespace qstar::engine::vulkan
