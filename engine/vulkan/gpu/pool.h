#pragma once
// Memory of the device, as a few large allocations that the host sees, too.
//
// Each chunk is mapped once and stays mapped. A pointer into it is a host address; the
// shaders' address of the same number is the chunk's own plus the same offset. Not
// synchronised.

#include "engine/vulkan/gpu/context.h"

#include <map>
#include <memory>

namespace qstar::engine::vulkan {

class Pool {
  public:
    // `most`: bytes of all chunks together.
    Pool(const Context& context, uint32_t memory_type, size_t most);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Uninitialised, aligned to 256 bytes. Error if the device has no such memory left.
    void* allocate(size_t bytes);
    void release(void* pointer);

    // The shaders' address of what lies at a host address; 0 for what is not of this pool.
    VkDeviceAddress find(const void* pointer) const;
    size_t reserved() const { return reserved_; } // bytes of all chunks

  private:
    struct Chunk {
        VkDeviceMemory memory = VK_NULL_HANDLE;
        VkBuffer buffer = VK_NULL_HANDLE;
        size_t size = 0;
        VkDeviceAddress address = 0;
        bool shared = false;            // by small pieces
        std::map<size_t, size_t> free;  // from where, how many bytes
        std::map<size_t, size_t> taken; // the same
    };

    char* new_chunk(size_t size, bool shared);
    [[noreturn]] void refuse(size_t size) const; // there is no room for so many bytes
    void drop(const Chunk& chunk);

    const Context& context_;
    uint32_t memory_type_;
    size_t most_;
    std::map<char*, Chunk> chunks_; // by where the host sees them
    size_t reserved_ = 0;
};

} // namespace qstar::engine::vulkan
