#pragma once
// The entries of the device table (device/device.h), by file.

#include "engine/device/device.h"

namespace qstar::engine::vulkan {

// elementwise.cpp
EntryOf<&Device::fill> fill;
EntryOf<&Device::add_scaled> add_scaled;
EntryOf<&Device::map> map;
EntryOf<&Device::map_grad> map_grad;
EntryOf<&Device::zip> zip;
EntryOf<&Device::zip_grad> zip_grad;
EntryOf<&Device::spread> spread;

// product.cpp
EntryOf<&Device::gemm> gemm;

// attention.cpp
EntryOf<&Device::attention> attention;
EntryOf<&Device::attention_grad> attention_grad;

// rows.cpp
EntryOf<&Device::column_sums> column_sums;
EntryOf<&Device::layer_norm> layer_norm;
EntryOf<&Device::layer_norm_grad> layer_norm_grad;

// lookup.cpp
EntryOf<&Device::embedding> embedding;
EntryOf<&Device::embedding_grad> embedding_grad;
EntryOf<&Device::gather_rows> gather_rows;
EntryOf<&Device::gather_rows_grad> gather_rows_grad;
EntryOf<&Device::sum_lists> sum_lists;

// losses.cpp
EntryOf<&Device::cross_entropy> cross_entropy;
EntryOf<&Device::cross_entropy_grad> cross_entropy_grad;
EntryOf<&Device::log_prob> log_prob;
EntryOf<&Device::log_prob_grad> log_prob_grad;
EntryOf<&Device::entropy> entropy;
EntryOf<&Device::entropy_grad> entropy_grad;
EntryOf<&Device::binary_cross_entropy> binary_cross_entropy;
EntryOf<&Device::binary_cross_entropy_grad> binary_cross_entropy_grad;

// decoding.cpp
EntryOf<&Device::rows_product> rows_product;
EntryOf<&Device::store_pages> store_pages;
EntryOf<&Device::attend_pages> attend_pages;
EntryOf<&Device::copy_pages> copy_pages;
EntryOf<&Device::draw_tokens> draw_tokens;

// optimiser.cpp
EntryOf<&Device::sum> sum;
EntryOf<&Device::sum_of_squares> sum_of_squares;
EntryOf<&Device::adamw> adamw;

} // namespace qstar::engine::vulkan
