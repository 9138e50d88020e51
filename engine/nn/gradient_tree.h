#pragma once
// The gradient of a large batch as a sum over a fixed binary tree.
//
// The rows of the batch are halved until there are as many parts as the tree has leaves. Each leaf
// adds up its own gradient, and each node adds that of its right half to that of its left one. So
// whoever computes a node gets the same bytes: two threads take the halves of a batch side by
// side, and with MPI (base/ranks.h) a rank takes a whole subtree, as far as there are enough, and
// the ranks' gradients are added up along what is left of the tree. They meet once a step.

#include "engine/autograd/tape.h"

#include <functional>
#include <span>
#include <vector>

namespace qstar::engine {

// How many leaves a batch's tree has: 1 for a small batch, which is computed as a whole; for one
// of more than three micro-batches of `few` rows a power of two, up to 64 and not more than there
// are micro-batches, nor so many that the gradients of its nodes would take more than 256 MiB, if
// there is more than one node.
int64_t leaves_of(int64_t rows, int64_t few, int64_t parameters);

// How many gradients stand in memory at once, in one process.
int64_t gradients_of(int64_t leaves);

// Adds the gradient of the rows [first, first + count) to the parameters', by the tape that it
// gets, and its shares of the numbers that belong to them, as losses, to `shares`. It is called
// by two threads at once, with a tape each.
using GradientPart =
    std::function<void(Tape& tape, int64_t first, int64_t count, std::span<double> shares)>;

// The whole gradient in the parameters' that are not frozen, and in `sums` those of all shares.
// Leaves 1: `part` is called once, with all rows, on every rank. Else the parameters lie on the
// host, and `part` resets the tape.
void gradient_in_tree(Tape& tape, std::span<Parameter> parameters, int64_t rows, int64_t leaves,
                      std::span<double> sums, const GradientPart& part);

} // namespace qstar::engine
