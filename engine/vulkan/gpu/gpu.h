#pragma once
// An opened GPU, and how an operation is written down on it.

#include "engine/vulkan/gpu/command_recorder.h"
#include "engine/vulkan/gpu/context.h"
#include "engine/vulkan/gpu/pipelines.h"
#include "engine/vulkan/gpu/pool.h"

#include <memory>
#include <mutex>
#include <vector>

namespace qstar::engine::vulkan {

// Its functions and operations may be called from several threads.
class Gpu : public std::enable_shared_from_this<Gpu> {
  public:
    Gpu(std::shared_ptr<Instance> instance, const Physical& physical);

    std::shared_ptr<float> allocate(int64_t count);
    void finish();
    void download(int64_t n, const float* from, float* to);
    void fetch(int64_t n, const float* from, float* to); // by a buffer that the host reads fast
    const Physical& physical() const { return context_.physical; }
    // Long shaders pay; the compilers for processors take seconds over them.
    bool unrolls() const { return physical().properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU; }
    size_t reserved() const { return tensors_.reserved(); }

  private:
    friend class Operation;

    void release(float* pointer);
    void* upload_space(size_t bytes);
    float* scratch(int64_t count);
    void wait();

    struct Block {
        char* data = nullptr;
        size_t size = 0;
    };

    std::shared_ptr<Instance> instance_; // outlives the device
    std::mutex mutex_;                   // one operation at a time is written down
    Context context_;
    Pool tensors_, staging_;
    Pipelines pipelines_;
    CommandRecorder recorder_;
    std::vector<void*> released_; // to be given back when the device is done with them
    std::vector<Block> uploads_;  // what the host hands over with its operations
    size_t upload_block_ = 0, upload_used_ = 0;
    Block scratch_;
};

// One operation, from its first operand to its last shader; holds the device's lock.
//
//   Operation operation(gpu);
//   const struct { Address x, y; int32_t n; } push = {operation.read(x, n), ...};
//   operation.run(shaders::map, {function}, push, groups);
using Address = VkDeviceAddress;

class Operation {
  public:
    explicit Operation(Gpu& gpu) : gpu_(gpu), lock_(gpu.mutex_) {}

    // Operands of the shader that comes next. What is read and lies in ordinary memory is
    // copied to the device; what is written must be the device's own, or it is an Error.
    Address read(const float* at, int64_t count);
    Address write(float* at, int64_t count);
    // A gradient: written, and read as well unless it is fresh.
    Address add(float* at, int64_t count) { return write(at, count); }
    // Numbers of the host: copied now, unless they lie in the device's memory.
    Address upload(const int* values, int64_t count);
    Address upload(const float* values, int64_t count);
    // Memory that belongs to this operation alone.
    float* scratch(int64_t count) { return gpu_.scratch(count); }

    template <class Push>
    void run(const Spirv& shader, std::initializer_list<uint32_t> constants, const Push& push,
             Groups groups) {
        static_assert(sizeof(Push) <= kPushBytes);
        gpu_.recorder_.run(gpu_.pipelines_.get(shader, constants), &push, sizeof push, groups);
    }

    void finish() { gpu_.wait(); }

  private:
    Address upload_bytes(const void* values, size_t bytes);

    Gpu& gpu_;
    std::lock_guard<std::mutex> lock_;
};

// A size as the shaders count, in 32 bits; Error for more.
int32_t number(int64_t size);

inline int64_t divided_up(int64_t n, int64_t by) { return (n + by - 1) / by; }

// How many numbers a product reads or writes, from its first to its last.
inline int64_t span_of(int64_t rows, int64_t columns, int64_t ld) {
    return rows == 0 || columns == 0 ? 0 : (rows - 1) * ld + columns;
}

// Whether it can be read four numbers at a time.
inline bool whole(const float* at, int64_t columns, int64_t ld) {
    return reinterpret_cast<uintptr_t>(at) % 16 == 0 && columns % 4 == 0 && ld % 4 == 0;
}

// Work groups of `size` invocations for n numbers; the shaders go on in strides of the whole.
Groups groups_for(int64_t n, int64_t size = 256);

} // namespace qstar::engine::vulkan
