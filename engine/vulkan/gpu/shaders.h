#pragma once
// The shaders: shaders/NAME.comp, compiled to SPIR-V when the program is built
// (CMakeLists.txt) and kept within it.

#include <cstddef>
#include <cstdint>

namespace qstar::engine::vulkan {

struct Spirv {
    const uint32_t* words;
    size_t bytes;
};

namespace shaders {

extern const Spirv adamw;
extern const Spirv add_scaled;
extern const Spirv attend_pages;
extern const Spirv attention;
extern const Spirv attention_centre;
extern const Spirv attention_grad_keys;
extern const Spirv attention_grad_queries;
extern const Spirv binary_cross_entropy;
extern const Spirv binary_cross_entropy_grad;
extern const Spirv chunk_sums;
extern const Spirv column_sums;
extern const Spirv copy;
extern const Spirv copy_pages;
extern const Spirv draw_tokens;
extern const Spirv fill;
extern const Spirv gather;
extern const Spirv gemm;
extern const Spirv gemm_bf16; // empty where the compiler of shaders does not know bf16
extern const Spirv layer_norm;
extern const Spirv layer_norm_columns;
extern const Spirv layer_norm_grad;
extern const Spirv map;
extern const Spirv map_grad;
extern const Spirv rms_norm;
extern const Spirv rms_norm_columns;
extern const Spirv rms_norm_grad;
extern const Spirv rotate;
extern const Spirv rows_product;
extern const Spirv softmax;
extern const Spirv softmax_grad;
extern const Spirv spread;
extern const Spirv store_pages;
extern const Spirv sum;
extern const Spirv sum_lists;
extern const Spirv swiglu;
extern const Spirv swiglu_grad;
extern const Spirv zip;
extern const Spirv zip_grad;

} // namespace shaders

} // namespace qstar::engine::vulkan
