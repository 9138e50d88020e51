#include "engine/vulkan/gpu/pipelines.h"

#include "engine/base/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::engine::vulkan {

namespace {

// Where the driver's compiled shaders are kept from run to run: a folder for caches as the
// XDG Base Directory Specification names it. Empty where there is none.
std::string cache_file(const VkPhysicalDeviceProperties& device) {
    const char* caches = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    std::string folder;
    if (caches != nullptr && *caches != '\0') {
        folder = caches;
    } else if (home != nullptr && *home != '\0') {
        folder = join_path(home, ".cache");
    } else {
        return {};
    }
    std::string id;
    for (const uint8_t byte : device.pipelineCacheUUID) id += fmt::format("{:02x}", byte);
    return join_path(join_path(folder, "qstar"), "vulkan-" + id + ".bin");
}

} // namespace

Pipelines::Pipelines(const Context& context)
    : context_(context), cache_file_(cache_file(context.physical.properties)) {
    const Api& api = context_.api;
    VkPushConstantRange push{};
    push.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    push.size = kPushBytes;
    VkPipelineLayoutCreateInfo layout{};
    layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    layout.pushConstantRangeCount = 1;
    layout.pPushConstantRanges = &push;
    check(api.CreatePipelineLayout(context_.device, &layout, nullptr, &layout_),
          "make a pipeline layout");
    // A file of another driver, or no cache at all, is for the driver to refuse.
    std::string kept;
    try {
        if (!cache_file_.empty() && exists(cache_file_)) kept = read_file(cache_file_);
    } catch (const Error&) {
        kept.clear();
    }
    cached_bytes_ = kept.size();
    VkPipelineCacheCreateInfo cache{};
    cache.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
    cache.initialDataSize = kept.size();
    cache.pInitialData = kept.data();
    if (api.CreatePipelineCache(context_.device, &cache, nullptr, &cache_) != VK_SUCCESS) {
        cache_ = VK_NULL_HANDLE;
    }
}

Pipelines::~Pipelines() {
    const Api& api = context_.api;
    size_t size = 0;
    if (cache_ != VK_NULL_HANDLE && !cache_file_.empty() && !pipelines_.empty() &&
        api.GetPipelineCacheData(context_.device, cache_, &size, nullptr) == VK_SUCCESS &&
        size > cached_bytes_) {
        std::string bytes(size, '\0');
        try {
            if (api.GetPipelineCacheData(context_.device, cache_, &size, bytes.data()) ==
                VK_SUCCESS) {
                std::filesystem::create_directories(
                    std::filesystem::path(cache_file_).parent_path());
                bytes.resize(size);
                write_file_atomic(cache_file_, bytes);
            }
        } catch (const std::exception&) {
            bytes.clear(); // the next run compiles again
        }
    }
    for (const auto& [key, pipeline] : pipelines_) {
        api.DestroyPipeline(context_.device, pipeline, nullptr);
    }
    api.DestroyPipelineCache(context_.device, cache_, nullptr);
    api.DestroyPipelineLayout(context_.device, layout_, nullptr);
}

VkPipeline Pipelines::get(const Spirv& shader, std::initializer_list<uint32_t> constants) {
    Key key;
    key.words = shader.words;
    if (constants.size() > key.constants.size()) fail("Vulkan: a shader has too many constants");
    std::copy(constants.begin(), constants.end(), key.constants.begin());
    VkPipeline& pipeline = pipelines_[key];
    if (pipeline == VK_NULL_HANDLE) pipeline = make(shader, constants);
    return pipeline;
}

VkPipeline Pipelines::make(const Spirv& shader, std::initializer_list<uint32_t> constants) {
    const Api& api = context_.api;
    VkShaderModuleCreateInfo module_info{};
    module_info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    module_info.codeSize = shader.bytes;
    module_info.pCode = shader.words;
    VkShaderModule module = VK_NULL_HANDLE;
    check(api.CreateShaderModule(context_.device, &module_info, nullptr, &module), "read a shader");
    std::vector<VkSpecializationMapEntry> entries;
    for (uint32_t i = 0; i < constants.size(); ++i) entries.push_back({i, 4 * i, 4});
    VkSpecializationInfo special{};
    special.mapEntryCount = static_cast<uint32_t>(entries.size());
    special.pMapEntries = entries.data();
    special.dataSize = 4 * constants.size();
    special.pData = constants.begin();
    VkComputePipelineCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = module;
    info.stage.pName = "main";
    info.stage.pSpecializationInfo = &special;
    info.layout = layout_;
    VkPipeline pipeline = VK_NULL_HANDLE;
    const VkResult result =
        api.CreateComputePipelines(context_.device, cache_, 1, &info, nullptr, &pipeline);
    api.DestroyShaderModule(context_.device, module, nullptr);
    check(result, "compile a shader");
    return pipeline;
}

} // namespace qstar::engine::vulkan
