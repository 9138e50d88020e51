#include "tests/campaigns/shim.h"

namespace qstar::campaign {

const char* const shim = QSTAR_SHIM;

} // namespace qstar::campaign
