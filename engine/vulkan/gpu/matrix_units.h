#pragma once
// A GPU's matrix units, which multiply small blocks in one instruction: VK_KHR_cooperative_matrix,
// with operands in bf16 (VK_KHR_shader_bfloat16) and sums in fp32.

#include "engine/vulkan/gpu/api.h"

#include <array>

namespace qstar::engine::vulkan {

// What a device offers of them, and this program can use.
struct MatrixUnits {
    // A block of C is rows x columns, and an instruction adds `terms` products to each of its
    // numbers; 0: there are none.
    uint32_t rows = 0, columns = 0, terms = 0;
    uint32_t subgroup_size = 0; // invocations that hold a block together

    explicit operator bool() const { return rows > 0; }
};

MatrixUnits find_matrix_units(const Api& api, VkInstance instance, VkPhysicalDevice device);

inline constexpr std::array kMatrixExtensions = {"VK_KHR_cooperative_matrix",
                                                 "VK_KHR_shader_bfloat16"};

// The features that they need, behind Vulkan 1.2's in the chain of structures by which a device
// is asked what it has, and told what is wanted when it is opened. Must live as long as that call.
class MatrixFeatures {
  public:
    MatrixFeatures(VkPhysicalDeviceVulkan12Features& features12, VkPhysicalDeviceFeatures& core);
    MatrixFeatures(const MatrixFeatures&) = delete; // its parts point to each other
    MatrixFeatures& operator=(const MatrixFeatures&) = delete;

    bool offered() const; // all of them
    void ask_for();

  private:
    // By the numbers of Khronos's registry: headers of older distributions lack the names.
    struct Extension {
        VkStructureType type;
        void* next;
        VkBool32 flags[3];
    };
    Extension matrices_{static_cast<VkStructureType>(1000506000), nullptr, {}};
    Extension bfloat16_{static_cast<VkStructureType>(1000141000), &matrices_, {}};
    VkPhysicalDeviceMaintenance4Features maintenance4_{};
    std::array<VkBool32*, 7> flags_;
};

} // namespace qstar::engine::vulkan
