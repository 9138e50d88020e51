#pragma once
// `qstar eval bench gemm|train|decode|vulkan|search`, and `qstar engine bench`, its first.

#include "engine/run/command_line.h"

#include <string>

namespace qstar::eval {

Command bench_command();
Command gemm_command(const std::string& name);

} // namespace qstar::eval
