#pragma once
// Memory for tensors that come and go within a step and is kept from step to step.
//
// A first-fit allocator over a few large blocks. The pieces of one step are asked for
// and given back in an order that depends on the shapes alone, so every step finds the
// same pieces at the same places: what the first step planned, the others re-use, and
// nothing is asked of the system any more. Not synchronised.

#include "engine/device/device.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace qstar::engine {

class Arena {
  public:
    // Of one device's memory; by default that of the one in use.
    explicit Arena(const Device& device = engine::device()) : device_(device) {}

    // What a step will need: the first block is made so large, so that no piece has to be
    // looked for behind its end. A block that is not written to takes no memory of a processor.
    void plan(int64_t count) { planned_ = count; }
    // Uninitialised, 64-byte aligned, count >= 0.
    float* allocate(int64_t count);
    // A piece as it was allocated, with its count.
    void release(float* piece, int64_t count);
    void reset(); // gives everything back, keeps the blocks

    size_t reserved_bytes() const; // of all blocks
    size_t peak_bytes() const;     // most that was in use at once

  private:
    const Device& device_;
    struct Range {
        float* begin;
        float* end;
    };
    std::vector<std::shared_ptr<float>> blocks_;
    std::vector<Range> whole_; // what each block offers
    std::vector<Range> free_;  // by address; no two of them touch
    int64_t used_ = 0, peak_ = 0, planned_ = 0;
};

} // namespace qstar::engine
