#include "engine/device/require_memory.h"

#include "engine/base/error.h"
#include "engine/base/process.h"
#include "engine/device/device.h"

namespace qstar::engine {

void require_memory(int64_t bytes, const std::string& what, const std::string& smaller) {
    if (!device().uses_process_memory()) return;
    const MemoryLeft left = memory_left();
    if (bytes <= left.bytes) return;
    fail("{} takes {} of memory, but only {} are left {}: {}", what, memory_text(bytes),
         memory_text(left.bytes), left.limit, smaller);
}

} // namespace qstar::engine
