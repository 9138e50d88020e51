#pragma once
// The processor's entries of the device table (device.h), by file.

#include "engine/base/parallel.h"
#include "engine/device/chunks.h"
#include "engine/device/device.h"

namespace qstar::engine::cpu {

// d[i] (+)= f(i), in chunks.
template <class Function>
void add_each(const Slot& d, int64_t size, Function f) {
    if (!d.data) return;
    parallel_for(size, element_grain, [&](int64_t begin, int64_t end) {
        if (d.fresh) {
            for (int64_t i = begin; i < end; ++i) d.data[i] = f(i);
        } else {
            for (int64_t i = begin; i < end; ++i) d.data[i] += f(i);
        }
    });
}

void clear_if_fresh(const Slot& d, int64_t size);

// In order, so that the bytes do not depend on threads.
double sum_of(std::span<const float> terms);

// cpu_elementwise.cpp
EntryOf<&Device::add_scaled> add_scaled;
EntryOf<&Device::map> map;
EntryOf<&Device::map_grad> map_grad;
EntryOf<&Device::zip> zip;
EntryOf<&Device::zip_grad> zip_grad;
EntryOf<&Device::sum> sum;
EntryOf<&Device::spread> spread;

// cpu_rows.cpp
EntryOf<&Device::column_sums> column_sums;
EntryOf<&Device::layer_norm> layer_norm;
EntryOf<&Device::layer_norm_grad> layer_norm_grad;
EntryOf<&Device::embedding> embedding;
EntryOf<&Device::embedding_grad> embedding_grad;
EntryOf<&Device::gather_rows> gather_rows;
EntryOf<&Device::gather_rows_grad> gather_rows_grad;
EntryOf<&Device::sum_lists> sum_lists;

// cpu_losses.cpp
EntryOf<&Device::cross_entropy> cross_entropy;
EntryOf<&Device::cross_entropy_grad> cross_entropy_grad;
EntryOf<&Device::log_prob> log_prob;
EntryOf<&Device::log_prob_grad> log_prob_grad;
EntryOf<&Device::entropy> entropy;
EntryOf<&Device::entropy_grad> entropy_grad;
EntryOf<&Device::binary_cross_entropy> binary_cross_entropy;
EntryOf<&Device::binary_cross_entropy_grad> binary_cross_entropy_grad;

// cpu_decoding.cpp
EntryOf<&Device::store_pages> store_pages;
EntryOf<&Device::attend_pages> attend_pages;
EntryOf<&Device::copy_pages> copy_pages;
EntryOf<&Device::draw_tokens> draw_tokens;

} // namespace qstar::engine::cpu
