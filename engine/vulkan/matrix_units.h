#pragma once
// A GPU's matrix units, which multiply small blocks in one instruction: VK_KHR_cooperative_matrix,
// with operands in bf16 (VK_KHR_shader_bfloat16) and sums in fp32.

#include "engine/vulkan/api.h"

#include <vector>

namespace qstar::engine::vulkan {

// What a device offers of them, and this program can use.
struct MatrixUnits {
    // A block of C is rows x columns, and an instruction adds `terms` products to each of its
    // numbers; 0: there are none.
    int32_t rows = 0, columns = 0, terms = 0;
    int32_t subgroup_size = 0; // invocations that hold a block together

    explicit operator bool() const { return rows > 0; }
};

MatrixUnits find_matrix_units(const Api& api, VkInstance instance, VkPhysicalDevice device);

// The features they need beside those of Vulkan 1.2: to be asked of a device, and asked for when
// it is opened. Their structures' numbers are those of Khronos's registry: headers of older
// distributions lack the names.
class MatrixFeatures {
  public:
    MatrixFeatures() = default;
    MatrixFeatures(const MatrixFeatures&) = delete; // its parts point to each other
    MatrixFeatures& operator=(const MatrixFeatures&) = delete;

    // Behind `chain`; must live until the call that reads it.
    void add_to(VkPhysicalDeviceVulkan12Features& chain);
    bool offered() const { return matrices_.flags[0] && bfloat16_.flags[0] && bfloat16_.flags[2]; }
    void ask_for();
    static const std::vector<const char*>& extensions();

  private:
    struct Feature {
        VkStructureType type;
        void* next;
        VkBool32 flags[3];
    };
    Feature matrices_{static_cast<VkStructureType>(1000506000), nullptr, {}};
    Feature bfloat16_{static_cast<VkStructureType>(1000141000), &matrices_, {}};
    Feature maintenance4_{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES, &bfloat16_, {}};
};

} // namespace qstar::engine::vulkan
