#pragma once
// Counts calls of operator new in the test program, on all threads.

#include <cstdint>

int64_t allocations(); // since the program began
