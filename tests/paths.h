#pragma once
// Where the tests find their fixtures and the program, as the build says it.

namespace qstar::tests {

extern const char* const source_dir; // the root of the sources
extern const char* const binary;     // the program `qstar`

} // namespace qstar::tests
