#pragma once
// `qstar eval bench gemm|train|decode|search`, and `qstar engine bench`, its first.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::eval {

void add_bench(CLI::App& app, CLI::App& eval, const Common& common);

} // namespace qstar::eval
