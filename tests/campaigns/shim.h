#pragma once
// Where the tests find the library of shim.cpp.

namespace qstar::campaign {

extern const char* const shim; // empty where it is not built

} // namespace qstar::campaign
