#include "engine/vulkan/gpu/pool.h"

#include "engine/base/error.h"

#include <algorithm>

namespace qstar::engine::vulkan {

namespace {

constexpr size_t kLine = 256;
constexpr size_t kShared = size_t{32} << 20; // of a chunk of small pieces
constexpr size_t kLarge = size_t{8} << 20;   // from here on a piece is a chunk of its own

} // namespace

Pool::Pool(const Context& context, uint32_t memory_type, size_t most)
    : context_(context), memory_type_(memory_type), most_(most) {}

Pool::~Pool() {
    for (const auto& [host, chunk] : chunks_) drop(chunk);
}

void Pool::drop(const Chunk& chunk) {
    context_.api.DestroyBuffer(context_.device, chunk.buffer, nullptr);
    context_.api.FreeMemory(context_.device, chunk.memory, nullptr); // unmaps it, too
}

void Pool::refuse(size_t size) const {
    fail("Vulkan: {} has no {:.0f} MiB left for tensors, {:.0f} MiB are in use: a smaller --batch "
         "or model may fit",
         context_.physical.info.name, static_cast<double>(size) / (1 << 20),
         static_cast<double>(reserved_) / (1 << 20));
}

char* Pool::new_chunk(size_t size, bool shared) {
    if (size > most_ - reserved_) refuse(size);
    const Api& api = context_.api;
    const VkDevice device = context_.device;
    Chunk chunk;
    chunk.size = size;
    chunk.shared = shared;
    chunk.free[0] = size;

    VkBufferCreateInfo buffer{};
    buffer.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    buffer.size = size;
    buffer.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
    check(api.CreateBuffer(device, &buffer, nullptr, &chunk.buffer), "make a buffer");
    VkMemoryRequirements needs{};
    api.GetBufferMemoryRequirements(device, chunk.buffer, &needs);
    VkMemoryAllocateFlagsInfo flags{};
    flags.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO;
    flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
    VkMemoryAllocateInfo allocation{};
    allocation.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    allocation.pNext = &flags;
    allocation.allocationSize = needs.size;
    allocation.memoryTypeIndex = memory_type_;

    void* host = nullptr;
    VkResult result = api.AllocateMemory(device, &allocation, nullptr, &chunk.memory);
    if (result == VK_SUCCESS) {
        result = api.BindBufferMemory(device, chunk.buffer, chunk.memory, 0);
    }
    if (result == VK_SUCCESS) {
        result = api.MapMemory(device, chunk.memory, 0, VK_WHOLE_SIZE, 0, &host);
    }
    if (result != VK_SUCCESS) {
        drop(chunk);
        if (result == VK_ERROR_DEVICE_LOST) check(result, "give memory");
        refuse(size);
    }
    VkBufferDeviceAddressInfo where{};
    where.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO;
    where.buffer = chunk.buffer;
    chunk.address = api.GetBufferDeviceAddress(device, &where);
    reserved_ += size;
    auto* const begin = static_cast<char*>(host);
    chunks_[begin] = std::move(chunk);
    return begin;
}

void* Pool::allocate(size_t bytes) {
    const size_t need = (std::max<size_t>(bytes, 1) + kLine - 1) / kLine * kLine;
    if (need >= kLarge) {
        char* const host = new_chunk(need, false);
        Chunk& chunk = chunks_[host];
        chunk.free.clear();
        chunk.taken[0] = need;
        return host;
    }
    const auto take = [&](char* host, Chunk& chunk) -> void* {
        for (auto range = chunk.free.begin(); range != chunk.free.end(); ++range) {
            const auto [begin, size] = *range;
            if (size < need) continue;
            chunk.free.erase(range);
            if (size > need) chunk.free[begin + need] = size - need;
            chunk.taken[begin] = need;
            return host + begin;
        }
        return nullptr;
    };
    for (auto& [host, chunk] : chunks_) {
        if (!chunk.shared) continue;
        if (void* piece = take(host, chunk)) return piece;
    }
    char* const host = new_chunk(kShared, true);
    return take(host, chunks_[host]);
}

void Pool::release(void* pointer) {
    auto* const place = static_cast<char*>(pointer);
    const auto at = std::prev(chunks_.upper_bound(place));
    Chunk& chunk = at->second;
    const auto piece = chunk.taken.find(static_cast<size_t>(place - at->first));
    size_t begin = piece->first;
    size_t size = piece->second;
    chunk.taken.erase(piece);
    if (!chunk.shared) {
        reserved_ -= chunk.size;
        drop(chunk);
        chunks_.erase(at);
        return;
    }
    const auto next = chunk.free.lower_bound(begin);
    if (next != chunk.free.begin()) {
        const auto before = std::prev(next);
        if (before->first + before->second == begin) {
            begin = before->first;
            size += before->second;
        }
    }
    if (next != chunk.free.end() && begin + size == next->first) {
        size += next->second;
        chunk.free.erase(next);
    }
    chunk.free[begin] = size;
}

VkDeviceAddress Pool::find(const void* pointer) const {
    // Compared as std::map does, by std::less, which is a total order.
    auto* const place = const_cast<char*>(static_cast<const char*>(pointer));
    const auto after = chunks_.upper_bound(place);
    if (after == chunks_.begin()) return 0;
    const auto& [host, chunk] = *std::prev(after);
    const auto offset = static_cast<size_t>(place - host);
    return offset < chunk.size ? chunk.address + offset : 0;
}

} // namespace qstar::engine::vulkan
