#include "tests/paths.h"

namespace qstar::tests {

const char* const source_dir = QSTAR_SOURCE_DIR;
const char* const binary = QSTAR_BINARY;

} // namespace qstar::tests
