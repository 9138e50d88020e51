#include "engine/vulkan/gpu/command_recorder.h"

#include "engine/base/error.h"

#include <algorithm>
#include <functional>

namespace qstar::engine::vulkan {

namespace {

constexpr int kCommands = 48; // a submission
constexpr size_t kOpen = 64;  // uses that are looked through
constexpr VkAccessFlags kShader = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;

} // namespace

CommandRecorder::CommandRecorder(const Context& context, Pipelines& pipelines)
    : context_(context), pipelines_(pipelines) {
    const Api& api = context_.api;
    VkCommandPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
    pool.queueFamilyIndex = context_.physical.queue_family;
    check(api.CreateCommandPool(context_.device, &pool, nullptr, &pool_), "make command buffers");
    VkCommandBufferAllocateInfo buffers{};
    buffers.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    buffers.commandPool = pool_;
    buffers.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    buffers.commandBufferCount = kBuffers;
    check(api.AllocateCommandBuffers(context_.device, &buffers, buffers_), "make command buffers");
    VkSemaphoreTypeCreateInfo type{};
    type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
    type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
    VkSemaphoreCreateInfo semaphore{};
    semaphore.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
    semaphore.pNext = &type;
    check(api.CreateSemaphore(context_.device, &semaphore, nullptr, &semaphore_),
          "make a semaphore");
}

CommandRecorder::~CommandRecorder() {
    const Api& api = context_.api;
    api.DeviceWaitIdle(context_.device);
    api.DestroySemaphore(context_.device, semaphore_, nullptr);
    api.DestroyCommandPool(context_.device, pool_, nullptr);
}

void CommandRecorder::use(const void* at, size_t bytes, bool writes) {
    const auto* begin = static_cast<const char*>(at);
    if (bytes > 0) next_.push_back({begin, begin + bytes, writes});
}

void CommandRecorder::begin() {
    wait(submitted_ + 1 > kBuffers ? submitted_ + 1 - kBuffers : 0); // the buffer's last use
    VkCommandBufferBeginInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    check(context_.api.BeginCommandBuffer(buffers_[submitted_ % kBuffers], &info),
          "begin a command buffer");
}

void CommandRecorder::barrier(VkPipelineStageFlags to, VkAccessFlags access) {
    VkMemoryBarrier memory{};
    memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
    memory.dstAccessMask = access;
    context_.api.CmdPipelineBarrier(buffers_[submitted_ % kBuffers],
                                    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, to, 0, 1, &memory, 0,
                                    nullptr, 0, nullptr);
}

void CommandRecorder::run(VkPipeline pipeline, const void* push, size_t bytes, Groups groups) {
    if (groups.x == 0 || groups.y == 0 || groups.z == 0) {
        next_.clear();
        return;
    }
    const auto& most = context_.physical.properties.limits.maxComputeWorkGroupCount;
    if (groups.x > most[0] || groups.y > most[1] || groups.z > most[2]) {
        next_.clear();
        fail("Vulkan: an operation of {} x {} x {} work groups is more than {} allows", groups.x,
             groups.y, groups.z, context_.physical.info.name);
    }
    if (written_ == 0) begin();
    const VkCommandBuffer buffer = buffers_[submitted_ % kBuffers];
    const std::less<> before;
    const auto meets = [&](const Use& a, const Use& b) {
        return (a.writes || b.writes) && before(a.begin, b.end) && before(b.begin, a.end);
    };
    const bool conflict = std::any_of(next_.begin(), next_.end(), [&](const Use& use) {
        return std::any_of(open_.begin(), open_.end(),
                           [&](const Use& other) { return meets(use, other); });
    });
    if (conflict || open_.size() + next_.size() > kOpen) {
        barrier(VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, kShader);
        open_.clear();
    }
    open_.insert(open_.end(), next_.begin(), next_.end());
    next_.clear();

    const Api& api = context_.api;
    api.CmdBindPipeline(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    api.CmdPushConstants(buffer, pipelines_.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                         static_cast<uint32_t>(bytes), push);
    api.CmdDispatch(buffer, static_cast<uint32_t>(groups.x), static_cast<uint32_t>(groups.y),
                    static_cast<uint32_t>(groups.z));
    if (++written_ == kCommands) submit();
}

void CommandRecorder::submit() {
    const Api& api = context_.api;
    const VkCommandBuffer buffer = buffers_[submitted_ % kBuffers];
    check(api.EndCommandBuffer(buffer), "end a command buffer");
    written_ = 0;
    const uint64_t value = submitted_ + 1;
    VkTimelineSemaphoreSubmitInfo timeline{};
    timeline.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
    timeline.signalSemaphoreValueCount = 1;
    timeline.pSignalSemaphoreValues = &value;
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.pNext = &timeline;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &buffer;
    info.signalSemaphoreCount = 1;
    info.pSignalSemaphores = &semaphore_;
    check(api.QueueSubmit(context_.queue, 1, &info, VK_NULL_HANDLE), "begin to compute");
    submitted_ = value;
}

void CommandRecorder::wait(uint64_t value) {
    if (done_ >= value) return;
    VkSemaphoreWaitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
    info.semaphoreCount = 1;
    info.pSemaphores = &semaphore_;
    info.pValues = &value;
    check(context_.api.WaitSemaphores(context_.device, &info, UINT64_MAX), "compute");
    done_ = value;
}

void CommandRecorder::finish() {
    if (idle()) return;
    if (written_ == 0) begin(); // only to say that the host will read
    barrier(VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT);
    submit();
    wait(submitted_);
    open_.clear();
}

} // namespace qstar::engine::vulkan
