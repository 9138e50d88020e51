#pragma once
// What the forward passes are written with (ops.cpp, losses.cpp).

#include "engine/autograd/tape.h"
#include "engine/device/device.h"

namespace qstar::engine {

// The operand's shape; Error naming the operation where the operand is missing.
const Shape& shape_of(Tape& tape, Var v, const char* op);

// How queries or keys of these rows are turned by rotary().
Rotation rotation_of(const Shape& rows, const Tensor& turns, int64_t time);

} // namespace qstar::engine
