#include "engine/vulkan/gpu/gpu.h"

#include "engine/base/error.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace qstar::engine::vulkan {

namespace {

constexpr size_t kUploads = size_t{1} << 20; // bytes of the first block
constexpr size_t kUploadLine = 64;

// QSTAR_VULKAN_MEMORY bounds the memory of tensors, in MiB: to leave others their share.
size_t memory_for_tensors() {
    const char* text = std::getenv("QSTAR_VULKAN_MEMORY");
    if (text == nullptr || *text == '\0') return std::numeric_limits<size_t>::max();
    size_t mib = 0;
    const char* end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, mib);
    if (error != std::errc() || at != end || mib > (size_t{1} << 40)) {
        fail("QSTAR_VULKAN_MEMORY={}: expected a number of MiB", text);
    }
    return mib << 20;
}

} // namespace

Gpu::Gpu(std::shared_ptr<Instance> instance, const Physical& physical)
    : instance_(std::move(instance)), context_(*instance_, physical),
      tensors_(context_, physical.memory_type, memory_for_tensors()),
      staging_(context_, physical.staging_type, std::numeric_limits<size_t>::max()),
      pipelines_(context_), recorder_(context_, pipelines_) {}

std::shared_ptr<float> Gpu::allocate(int64_t count) {
    const std::lock_guard lock(mutex_);
    auto* const place =
        static_cast<float*>(tensors_.allocate(static_cast<size_t>(count) * sizeof(float)));
    // The device stays open as long as one of its tensors lives.
    return {place, [self = shared_from_this()](float* pointer) { self->release(pointer); }};
}

void Gpu::release(float* pointer) {
    const std::lock_guard lock(mutex_);
    if (recorder_.idle()) {
        tensors_.release(pointer);
    } else {
        released_.push_back(pointer); // commands that use it are under way
    }
}

void Gpu::wait() {
    recorder_.finish();
    for (void* pointer : released_) tensors_.release(pointer);
    released_.clear();
    // From now on one block, as large as all of them together were.
    if (uploads_.size() > 1) {
        size_t total = 0;
        for (const Block& block : uploads_) {
            total += block.size;
            tensors_.release(block.data);
        }
        uploads_.assign(1, {static_cast<char*>(tensors_.allocate(total)), total});
    }
    upload_block_ = upload_used_ = 0;
}

void Gpu::finish() {
    const std::lock_guard lock(mutex_);
    wait();
}

void* Gpu::upload_space(size_t bytes) {
    bytes = (bytes + kUploadLine - 1) / kUploadLine * kUploadLine;
    if (upload_block_ < uploads_.size() && upload_used_ + bytes > uploads_[upload_block_].size) {
        ++upload_block_;
        upload_used_ = 0;
    }
    if (upload_block_ == uploads_.size()) {
        const size_t size = std::max(bytes, kUploads);
        uploads_.push_back({static_cast<char*>(tensors_.allocate(size)), size});
    }
    char* const space = uploads_[upload_block_].data + upload_used_;
    upload_used_ += bytes;
    return space;
}

float* Gpu::scratch(int64_t count) {
    const size_t bytes = static_cast<size_t>(count) * sizeof(float);
    if (bytes > scratch_.size) {
        if (scratch_.data != nullptr) released_.push_back(scratch_.data);
        scratch_ = {};
        scratch_ = {static_cast<char*>(tensors_.allocate(bytes)), bytes};
    }
    return reinterpret_cast<float*>(scratch_.data);
}

void Gpu::download(int64_t n, const float* from, float* to) {
    if (!context_.physical.host_reads_fast) return fetch(n, from, to);
    finish();
    if (n > 0) std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
}

void Gpu::fetch(int64_t n, const float* from, float* to) {
    Operation operation(*this);
    const size_t bytes = static_cast<size_t>(n) * sizeof(float);
    if (n == 0 || tensors_.find(from) == 0) { // in ordinary memory already
        wait();
        if (n > 0) std::memcpy(to, from, bytes);
        return;
    }
    void* const space = staging_.allocate(bytes);
    const struct {
        Address x, y;
        int32_t n;
    } push = {operation.read(from, n), staging_.find(space), number(n)};
    operation.run(shaders::copy, {}, push, groups_for(n));
    wait();
    std::memcpy(to, space, bytes);
    staging_.release(space);
}

Address Operation::read(const float* at, int64_t count) {
    const auto bytes = static_cast<size_t>(count) * sizeof(float);
    if (bytes == 0) return 0;
    const Address address = gpu_.tensors_.find(at);
    if (address == 0) return upload_bytes(at, bytes);
    gpu_.recorder_.reads(at, bytes);
    return address;
}

Address Operation::write(float* at, int64_t count) {
    const auto bytes = static_cast<size_t>(count) * sizeof(float);
    if (bytes == 0) return 0;
    const Address address = gpu_.tensors_.find(at);
    if (address == 0) fail("Vulkan: a tensor made for the processor cannot be written by a device");
    gpu_.recorder_.writes(at, bytes);
    return address;
}

Address Operation::upload_bytes(const void* values, size_t bytes) {
    if (bytes == 0) return 0;
    void* const space = gpu_.upload_space(bytes);
    std::memcpy(space, values, bytes);
    return gpu_.tensors_.find(space);
}

Address Operation::upload(const int* values, int64_t count) {
    static_assert(sizeof(int) == sizeof(float));
    const auto* const numbers = reinterpret_cast<const float*>(values);
    if (gpu_.tensors_.find(values) != 0) return read(numbers, count);
    return upload_bytes(values, static_cast<size_t>(count) * sizeof(int));
}

Address Operation::upload(const float* values, int64_t count) {
    return upload_bytes(values, static_cast<size_t>(count) * sizeof(float));
}

int32_t number(int64_t size) {
    if (size < 0 || size > std::numeric_limits<int32_t>::max()) {
        fail("Vulkan: a tensor of {} numbers is more than the shaders can count", size);
    }
    return static_cast<int32_t>(size);
}

Groups groups_for(int64_t n, int64_t size) {
    constexpr int64_t kMost = 8192;
    return {std::min(kMost, (n + size - 1) / size)};
}

} // namespace qstar::engine::vulkan
