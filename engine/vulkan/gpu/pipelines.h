#pragma once
// Shaders with their constants, compiled by the driver when they are first wanted.

#include "engine/vulkan/gpu/context.h"
#include "engine/vulkan/gpu/shaders.h"

#include <array>
#include <initializer_list>
#include <map>
#include <string>

namespace qstar::engine::vulkan {

// Bytes that every device offers to pass to a shader with each call.
inline constexpr uint32_t kPushBytes = 128;

class Pipelines {
  public:
    explicit Pipelines(const Context& context);
    ~Pipelines();
    Pipelines(const Pipelines&) = delete;
    Pipelines& operator=(const Pipelines&) = delete;

    // With values for the shader's constant_id 0, 1, ...
    VkPipeline get(const Spirv& shader, std::initializer_list<uint32_t> constants);
    VkPipelineLayout layout() const { return layout_; } // the same for all

  private:
    struct Key {
        const uint32_t* words = nullptr; // of the shader
        std::array<uint32_t, 11> constants{};
        auto operator<=>(const Key&) const = default;
    };

    VkPipeline make(const Spirv& shader, std::initializer_list<uint32_t> constants);

    const Context& context_;
    VkPipelineLayout layout_ = VK_NULL_HANDLE;
    VkPipelineCache cache_ = VK_NULL_HANDLE;
    std::string cache_file_; // empty: not kept
    size_t cached_bytes_ = 0;
    std::map<Key, VkPipeline> pipelines_;
};

} // namespace qstar::engine::vulkan
