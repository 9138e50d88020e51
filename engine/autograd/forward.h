#pragma once
// What the forward passes are written with (ops.cpp, losses.cpp).

#include "engine/autograd/tape.h"

namespace qstar::engine {

// The operand's shape; Error naming the operation where the operand is missing.
const Shape& shape_of(Tape& tape, Var v, const char* op);

} // namespace qstar::engine
