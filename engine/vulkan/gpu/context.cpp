#include "engine/vulkan/gpu/context.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/core.h>
#include <optional>

#ifdef __linux__
#include <dlfcn.h>
#include <link.h>
#endif

namespace qstar::engine::vulkan {

namespace {

VKAPI_ATTR VkBool32 VKAPI_CALL hear(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                    VkDebugUtilsMessageTypeFlagsEXT,
                                    const VkDebugUtilsMessengerCallbackDataEXT* data, void* to) {
    auto& messages = *static_cast<Messages*>(to);
    const std::lock_guard lock(messages.mutex);
    if (messages.count++ == 0 && data->pMessage != nullptr) messages.first = data->pMessage;
    return VK_FALSE;
}

// Drivers and layers stay in memory when the loader lets go of them: what they have left
// behind (threads' destructors, memory) would otherwise point to code that is gone.
void keep_loaded() {
#ifdef __linux__
    std::vector<std::string> names;
    dl_iterate_phdr(
        [](dl_phdr_info* module, size_t, void* list) {
            if (module->dlpi_name != nullptr && *module->dlpi_name != '\0') {
                static_cast<std::vector<std::string>*>(list)->emplace_back(module->dlpi_name);
            }
            return 0;
        },
        &names);
    for (const std::string& name : names) {
        dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
#endif
}

constexpr const char* kLayer = "VK_LAYER_KHRONOS_validation";

bool has_layer(const Api& api) {
    uint32_t count = 0;
    api.EnumerateInstanceLayerProperties(&count, nullptr);
    std::vector<VkLayerProperties> layers(count);
    api.EnumerateInstanceLayerProperties(&count, layers.data());
    return std::any_of(layers.begin(), layers.end(), [](const VkLayerProperties& layer) {
        return std::strcmp(layer.layerName, kLayer) == 0;
    });
}

const char* kind_of(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return "discrete GPU";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return "integrated GPU";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return "virtual GPU";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return "the processor";
    default:
        return "other";
    }
}

// The type of memory with all of `wanted` that lies in the largest heap; -1 if there is none.
int memory_type(const VkPhysicalDeviceMemoryProperties& memory, VkMemoryPropertyFlags wanted) {
    int best = -1;
    VkDeviceSize most = 0;
    for (uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
        const VkMemoryType& type = memory.memoryTypes[i];
        const VkDeviceSize size = memory.memoryHeaps[type.heapIndex].size;
        const bool special = (type.propertyFlags & VK_MEMORY_PROPERTY_PROTECTED_BIT) != 0 ||
                             type.propertyFlags >= VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD;
        if ((type.propertyFlags & wanted) != wanted || special || size <= most) continue;
        best = static_cast<int>(i);
        most = size;
    }
    return best;
}

constexpr double kGib = 1 << 30;

void choose_memory(Physical& p) {
    const VkMemoryPropertyFlags mapped =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const auto heap = [&](int type) {
        const uint32_t index = p.memory.memoryTypes[type].heapIndex;
        return static_cast<double>(p.memory.memoryHeaps[index].size);
    };
    const int own = memory_type(p.memory, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    const int own_mapped = memory_type(p.memory, mapped | VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    const int any = memory_type(p.memory, mapped);
    const int cached = memory_type(p.memory, mapped | VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
    if (any < 0 || own < 0) {
        p.info.missing = "it has no memory that the host can see";
        return;
    }
    // A window of 256 MiB into the device's memory is not enough to live in.
    const bool local = own_mapped >= 0 && 2 * heap(own_mapped) >= heap(own);
    const int chosen = local ? own_mapped : cached >= 0 ? cached : any;
    p.memory_type = static_cast<uint32_t>(chosen);
    p.staging_type = static_cast<uint32_t>(cached >= 0 ? cached : any);
    p.host_reads_fast =
        (p.memory.memoryTypes[chosen].propertyFlags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT) != 0;
    p.info.memory_gib = heap(own) / kGib;
    p.info.mapped_gib = heap(chosen) / kGib;
    p.info.mapped_is_local = local;
}

} // namespace

bool Instance::open(std::string& why) {
    if (!load_loader(api, why)) return false;
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "qstar";
    application.apiVersion = VK_API_VERSION_1_3; // the most that is used; 1.2 is enough
    VkInstanceCreateInfo create{};
    create.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    create.pApplicationInfo = &application;

    VkDebugUtilsMessengerCreateInfoEXT hearing{};
    hearing.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
    hearing.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                              VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
    hearing.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                          VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
    hearing.pfnUserCallback = hear;
    hearing.pUserData = &messages;
    const char* extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    const char* asked = std::getenv("QSTAR_VULKAN_VALIDATION");
    validates = asked != nullptr && std::strcmp(asked, "1") == 0 && has_layer(api);
    if (validates) {
        create.enabledLayerCount = 1;
        create.ppEnabledLayerNames = &kLayer;
        create.enabledExtensionCount = 1;
        create.ppEnabledExtensionNames = &extension;
        create.pNext = &hearing;
    }
    const VkResult result = api.CreateInstance(&create, nullptr, &handle);
    if (result != VK_SUCCESS) {
        handle = VK_NULL_HANDLE;
        why = result == VK_ERROR_INCOMPATIBLE_DRIVER
                  ? "the Vulkan loader finds no driver on this machine"
                  : fmt::format("the Vulkan loader makes no instance of version 1.2 (VkResult {})",
                                static_cast<int>(result));
        return false;
    }
    load_instance(api, handle);
    keep_loaded();
    if (validates && api.CreateDebugUtilsMessengerEXT != nullptr) {
        api.CreateDebugUtilsMessengerEXT(handle, &hearing, nullptr, &messenger_);
    }
    return true;
}

Instance::~Instance() {
    if (messenger_ != VK_NULL_HANDLE) {
        api.DestroyDebugUtilsMessengerEXT(handle, messenger_, nullptr);
    }
    if (handle != VK_NULL_HANDLE) api.DestroyInstance(handle, nullptr);
}

std::vector<VkPhysicalDevice> Instance::devices() const {
    uint32_t count = 0;
    check(api.EnumeratePhysicalDevices(handle, &count, nullptr), "list the devices");
    std::vector<VkPhysicalDevice> list(count);
    check(api.EnumeratePhysicalDevices(handle, &count, list.data()), "list the devices");
    list.resize(count);
    return list;
}

Physical describe(const Instance& instance, VkPhysicalDevice device) {
    const Api& api = instance.api;
    Physical p;
    p.handle = device;
    VkPhysicalDeviceDriverProperties driver{};
    driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &driver;
    api.GetPhysicalDeviceProperties2(device, &properties);
    p.properties = properties.properties;
    p.info.name = p.properties.deviceName;
    p.info.kind = kind_of(p.properties.deviceType);
    p.info.driver = fmt::format("{} {}", driver.driverName, driver.driverInfo);
    p.info.shared_kib = static_cast<int>(p.properties.limits.maxComputeSharedMemorySize >> 10);
    api.GetPhysicalDeviceMemoryProperties(device, &p.memory);
    choose_memory(p);

    if (p.properties.apiVersion < VK_API_VERSION_1_2) {
        p.info.missing = fmt::format("it offers Vulkan {}.{}, 1.2 is needed",
                                     VK_API_VERSION_MAJOR(p.properties.apiVersion),
                                     VK_API_VERSION_MINOR(p.properties.apiVersion));
        return p;
    }
    VkPhysicalDeviceVulkan12Features features12{};
    features12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    VkPhysicalDeviceFeatures2 features{};
    features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    features.pNext = &features12;
    api.GetPhysicalDeviceFeatures2(device, &features);
    if (features12.bufferDeviceAddress == VK_FALSE) p.info.missing = "it has no buffer addresses";
    if (features12.timelineSemaphore == VK_FALSE) p.info.missing = "it has no timeline semaphores";
    const VkPhysicalDeviceLimits& limits = p.properties.limits;
    if (limits.maxComputeWorkGroupInvocations < 256 ||
        limits.maxComputeSharedMemorySize < 32 << 10) {
        p.info.missing = "its work groups are smaller than 256 invocations and 32 KiB";
    }

    uint32_t count = 0;
    api.GetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
    std::vector<VkQueueFamilyProperties> kFamilies(count);
    api.GetPhysicalDeviceQueueFamilyProperties(device, &count, kFamilies.data());
    const auto computes = std::find_if(kFamilies.begin(), kFamilies.end(), [](const auto& family) {
        return (family.queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
    });
    if (computes == kFamilies.end()) p.info.missing = "it has no queue that computes";
    p.queue_family = static_cast<uint32_t>(computes - kFamilies.begin());

    p.matrix_units = find_matrix_units(api, instance.handle, device);
    if (p.matrix_units) {
        p.info.bf16 = fmt::format("blocks of {} x {} x {}", p.matrix_units.rows,
                                  p.matrix_units.columns, p.matrix_units.terms);
    }
    return p;
}

Context::Context(Instance& instance, const Physical& chosen) : api(instance.api), physical(chosen) {
    const float priority = 1;
    VkDeviceQueueCreateInfo queue_info{};
    queue_info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue_info.queueFamilyIndex = physical.queue_family;
    queue_info.queueCount = 1;
    queue_info.pQueuePriorities = &priority;
    VkPhysicalDeviceVulkan12Features features{};
    features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    features.bufferDeviceAddress = VK_TRUE;
    features.timelineSemaphore = VK_TRUE;
    VkDeviceCreateInfo create{};
    create.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    create.pNext = &features;
    create.queueCreateInfoCount = 1;
    create.pQueueCreateInfos = &queue_info;
    VkPhysicalDeviceFeatures core{};
    create.pEnabledFeatures = &core;
    std::optional<MatrixFeatures> matrices;
    if (physical.matrix_units) {
        matrices.emplace(features, core).ask_for();
        create.enabledExtensionCount = static_cast<uint32_t>(kMatrixExtensions.size());
        create.ppEnabledExtensionNames = kMatrixExtensions.data();
    }
    check(api.CreateDevice(physical.handle, &create, nullptr, &device), "open the device");
    load_device(api, device);
    api.GetDeviceQueue(device, physical.queue_family, 0, &queue);
}

Context::~Context() {
    api.DeviceWaitIdle(device);
    api.DestroyDevice(device, nullptr);
}

} // namespace qstar::engine::vulkan
