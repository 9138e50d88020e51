#include "tests/sanitized.h"

namespace qstar::tests {

#if defined(__SANITIZE_ADDRESS__)
constinit const bool kSanitized = true;
#else
constinit const bool kSanitized = false;
#endif

} // namespace qstar::tests
