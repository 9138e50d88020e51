#include "engine/vulkan/gpu/matrix_units.h"

#include "engine/vulkan/gpu/shaders.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace qstar::engine::vulkan {

namespace {

// As in matrix_units.h, by number.
constexpr auto kMatrixProperties = static_cast<VkStructureType>(1000506001);
constexpr uint32_t kTypeFloat32 = 1, kTypeBfloat16 = 1000141000, kScopeSubgroup = 3;

struct MatrixProperties { // VkCooperativeMatrixPropertiesKHR
    VkStructureType type;
    void* next;
    uint32_t m, n, k;
    uint32_t type_a, type_b, type_c, type_result;
    VkBool32 saturates;
    uint32_t scope;
};
using ListMatrixProperties = VkResult(VKAPI_PTR*)(VkPhysicalDevice, uint32_t*, MatrixProperties*);

bool has_extensions(const Api& api, VkPhysicalDevice device) {
    uint32_t count = 0;
    api.EnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
    std::vector<VkExtensionProperties> list(count);
    api.EnumerateDeviceExtensionProperties(device, nullptr, &count, list.data());
    return std::all_of(kMatrixExtensions.begin(), kMatrixExtensions.end(), [&](const char* name) {
        return std::any_of(list.begin(), list.end(), [&](const VkExtensionProperties& e) {
            return std::strcmp(e.extensionName, name) == 0;
        });
    });
}

bool has_features(const Api& api, VkPhysicalDevice device) {
    VkPhysicalDeviceVulkan12Features features12{};
    features12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    VkPhysicalDeviceFeatures2 features{};
    features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    features.pNext = &features12;
    const MatrixFeatures matrices(features12, features.features);
    api.GetPhysicalDeviceFeatures2(device, &features);
    return matrices.offered();
}

// Whether shaders/gemm_bf16.comp can cut its tiles and slices into such blocks.
bool fits(const MatrixProperties& p, uint32_t subgroup_size) {
    const uint32_t high = subgroup_size >= 32 ? 64 : 32;
    const uint32_t wide = 64 * subgroup_size / high;
    const auto divides = [](uint32_t size, uint32_t of) { return size % 8 == 0 && of % size == 0; };
    return p.type_a == kTypeBfloat16 && p.type_b == kTypeBfloat16 && p.type_c == kTypeFloat32 &&
           p.type_result == kTypeFloat32 && p.saturates == VK_FALSE && p.scope == kScopeSubgroup &&
           p.m > 0 && p.n > 0 && p.k > 0 && divides(p.m, high) && divides(p.n, wide) &&
           divides(p.k, 32) && p.m * p.n % (4 * subgroup_size) == 0;
}

} // namespace

MatrixFeatures::MatrixFeatures(VkPhysicalDeviceVulkan12Features& features12,
                               VkPhysicalDeviceFeatures& core)
    : flags_{&matrices_.flags[0],         // cooperativeMatrix
             &bfloat16_.flags[0],         // shaderBFloat16Type
             &bfloat16_.flags[2],         // shaderBFloat16CooperativeMatrix
             &maintenance4_.maintenance4, // work groups whose size is a constant of SPIR-V 1.6
             &features12.vulkanMemoryModel, &features12.shaderFloat16, &core.shaderInt16} {
    maintenance4_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES;
    maintenance4_.pNext = &bfloat16_;
    matrices_.next = features12.pNext;
    features12.pNext = &maintenance4_;
}

bool MatrixFeatures::offered() const {
    return std::all_of(flags_.begin(), flags_.end(), [](const VkBool32* flag) { return *flag; });
}

void MatrixFeatures::ask_for() {
    for (VkBool32* const flag : flags_) *flag = VK_TRUE;
}

MatrixUnits find_matrix_units(const Api& api, VkInstance instance, VkPhysicalDevice device) {
    // A compiler of shaders that is too old leaves this one empty.
    if (shaders::gemm_bf16.bytes == 0 || !has_extensions(api, device) || !has_features(api, device))
        return {};

    VkPhysicalDeviceVulkan11Properties subgroups{};
    subgroups.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES;
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &subgroups;
    api.GetPhysicalDeviceProperties2(device, &properties);
    if (properties.properties.apiVersion < VK_API_VERSION_1_3) return {}; // for SPIR-V 1.6
    const uint32_t size = subgroups.subgroupSize;
    if (size != 8 && size != 16 && size != 32 && size != 64) return {};

    const auto list = reinterpret_cast<ListMatrixProperties>(
        api.GetInstanceProcAddr(instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
    uint32_t count = 0;
    if (list == nullptr || list(device, &count, nullptr) != VK_SUCCESS) return {};
    std::vector<MatrixProperties> forms(count);
    for (MatrixProperties& form : forms) form.type = kMatrixProperties;
    if (list(device, &count, forms.data()) != VK_SUCCESS) return {};
    MatrixUnits best;
    for (const MatrixProperties& form : forms) {
        // The largest block is loaded the fewest times.
        if (fits(form, size) && form.m * form.n > best.rows * best.columns)
            best = {form.m, form.n, form.k, size};
    }
    return best;
}

} // namespace qstar::engine::vulkan
