#pragma once
// `qstar eval serve`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::eval {

void add_serve(CLI::App& eval, const Common& common);

} // namespace qstar::eval
