#pragma once
// Writes down what the device is to do, and hands it over in large pieces.
//
// Each operation names what its shader will read and write. Two that do not touch each
// other's numbers may run side by side; where one needs what another has written (or may
// overwrite what another still reads), a barrier goes in between, and one barrier serves all
// that came before it. Commands are submitted a few dozen at a time, so the device works
// while the host writes down the rest; the host waits in finish() alone.

#include "engine/vulkan/gpu/context.h"
#include "engine/vulkan/gpu/pipelines.h"
#include "engine/vulkan/gpu/pool.h"

#include <vector>

namespace qstar::engine::vulkan {

struct Groups {
    int64_t x = 1, y = 1, z = 1;
};

class CommandRecorder {
  public:
    CommandRecorder(const Context& context, Pipelines& pipelines);
    ~CommandRecorder();
    CommandRecorder(const CommandRecorder&) = delete;
    CommandRecorder& operator=(const CommandRecorder&) = delete;

    // The next run() will read (write) so many bytes there.
    void reads(const void* at, size_t bytes) { use(at, bytes, false); }
    void writes(const void* at, size_t bytes) { use(at, bytes, true); }
    void run(VkPipeline pipeline, const void* push, size_t bytes, Groups groups);

    void finish(); // submits what is left and waits for all of it
    bool idle() const { return written_ == 0 && submitted_ == done_; }

  private:
    struct Use {
        const char* begin;
        const char* end;
        bool writes;
    };

    void use(const void* at, size_t bytes, bool writes);
    void begin();
    void barrier(VkPipelineStageFlags to, VkAccessFlags access);
    void submit();
    void wait(uint64_t value);

    static constexpr size_t kBuffers = 16;

    const Context& context_;
    Pipelines& pipelines_;
    VkCommandPool pool_ = VK_NULL_HANDLE;
    VkCommandBuffer buffers_[kBuffers] = {};
    VkSemaphore semaphore_ = VK_NULL_HANDLE; // counts submissions that are done
    uint64_t submitted_ = 0, done_ = 0;      // buffer i % kBuffers is submission i + 1
    int written_ = 0;                        // commands in the buffer that is being written
    std::vector<Use> open_;                  // since the last barrier
    std::vector<Use> next_;                  // of the operation that comes
};

} // namespace qstar::engine::vulkan
