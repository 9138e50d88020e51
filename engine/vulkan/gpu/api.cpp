#include "engine/vulkan/gpu/api.h"

#include "engine/base/dynamic_library.h"
#include "engine/base/error.h"

namespace qstar::engine::vulkan {

namespace {

template <class Function, class Owner, class Get>
void find(Function& function, Get get, Owner owner, const char* name) {
    function = reinterpret_cast<Function>(get(owner, name));
}

} // namespace

bool load_loader(Api& api, std::string& why) {
    const DynamicLibrary library("Vulkan",
                                 {"libvulkan.so.1", "libvulkan.1.dylib", "libMoltenVK.dylib"});
    api.GetInstanceProcAddr =
        reinterpret_cast<PFN_vkGetInstanceProcAddr>(library.find("vkGetInstanceProcAddr"));
    if (api.GetInstanceProcAddr == nullptr) {
        why = "there is no Vulkan loader (libvulkan.so.1) on this machine";
        return false;
    }
    const auto get = [&](auto& function, const char* name) {
        find(function, api.GetInstanceProcAddr, VkInstance{}, name);
    };
    get(api.EnumerateInstanceVersion, "vkEnumerateInstanceVersion");
    get(api.CreateInstance, "vkCreateInstance");
    get(api.EnumerateInstanceLayerProperties, "vkEnumerateInstanceLayerProperties");
    if (api.EnumerateInstanceVersion == nullptr) {
        why = "the Vulkan loader is of version 1.0, 1.2 is needed";
        return false;
    }
    return true;
}

void load_instance(Api& api, VkInstance instance) {
    const auto get = [&](auto& function, const char* name) {
        find(function, api.GetInstanceProcAddr, instance, name);
    };
    get(api.DestroyInstance, "vkDestroyInstance");
    get(api.EnumeratePhysicalDevices, "vkEnumeratePhysicalDevices");
    get(api.GetPhysicalDeviceProperties2, "vkGetPhysicalDeviceProperties2");
    get(api.GetPhysicalDeviceFeatures2, "vkGetPhysicalDeviceFeatures2");
    get(api.EnumerateDeviceExtensionProperties, "vkEnumerateDeviceExtensionProperties");
    get(api.GetPhysicalDeviceMemoryProperties, "vkGetPhysicalDeviceMemoryProperties");
    get(api.GetPhysicalDeviceQueueFamilyProperties, "vkGetPhysicalDeviceQueueFamilyProperties");
    get(api.CreateDebugUtilsMessengerEXT, "vkCreateDebugUtilsMessengerEXT");
    get(api.DestroyDebugUtilsMessengerEXT, "vkDestroyDebugUtilsMessengerEXT");
    get(api.CreateDevice, "vkCreateDevice");
    get(api.GetDeviceProcAddr, "vkGetDeviceProcAddr");
}

void load_device(Api& api, VkDevice device) {
    const auto get = [&](auto& function, const char* name) {
        find(function, api.GetDeviceProcAddr, device, name);
    };
    get(api.DestroyDevice, "vkDestroyDevice");
    get(api.GetDeviceQueue, "vkGetDeviceQueue");
    get(api.DeviceWaitIdle, "vkDeviceWaitIdle");
    get(api.QueueSubmit, "vkQueueSubmit");
    get(api.AllocateMemory, "vkAllocateMemory");
    get(api.FreeMemory, "vkFreeMemory");
    get(api.MapMemory, "vkMapMemory");
    get(api.CreateBuffer, "vkCreateBuffer");
    get(api.DestroyBuffer, "vkDestroyBuffer");
    get(api.GetBufferMemoryRequirements, "vkGetBufferMemoryRequirements");
    get(api.BindBufferMemory, "vkBindBufferMemory");
    get(api.GetBufferDeviceAddress, "vkGetBufferDeviceAddress");
    get(api.CreateShaderModule, "vkCreateShaderModule");
    get(api.DestroyShaderModule, "vkDestroyShaderModule");
    get(api.CreatePipelineLayout, "vkCreatePipelineLayout");
    get(api.DestroyPipelineLayout, "vkDestroyPipelineLayout");
    get(api.CreatePipelineCache, "vkCreatePipelineCache");
    get(api.DestroyPipelineCache, "vkDestroyPipelineCache");
    get(api.GetPipelineCacheData, "vkGetPipelineCacheData");
    get(api.CreateComputePipelines, "vkCreateComputePipelines");
    get(api.DestroyPipeline, "vkDestroyPipeline");
    get(api.CreateCommandPool, "vkCreateCommandPool");
    get(api.DestroyCommandPool, "vkDestroyCommandPool");
    get(api.AllocateCommandBuffers, "vkAllocateCommandBuffers");
    get(api.BeginCommandBuffer, "vkBeginCommandBuffer");
    get(api.EndCommandBuffer, "vkEndCommandBuffer");
    get(api.CmdBindPipeline, "vkCmdBindPipeline");
    get(api.CmdPushConstants, "vkCmdPushConstants");
    get(api.CmdDispatch, "vkCmdDispatch");
    get(api.CmdPipelineBarrier, "vkCmdPipelineBarrier");
    get(api.CreateSemaphore, "vkCreateSemaphore");
    get(api.DestroySemaphore, "vkDestroySemaphore");
    get(api.WaitSemaphores, "vkWaitSemaphores");
}

void check(VkResult result, const char* what) {
    switch (result) {
    case VK_SUCCESS:
        return;
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        fail("Vulkan: the device has no memory left to {}: a smaller --batch may help", what);
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        fail("Vulkan: there is no memory left to {}", what);
    case VK_ERROR_DEVICE_LOST:
        fail("Vulkan: the device was lost while it should {}: it hangs, was reset, or its driver "
             "was; what was saved is intact",
             what);
    default:
        fail("Vulkan: cannot {} (VkResult {})", what, static_cast<int>(result));
    }
}

} // namespace qstar::engine::vulkan
