#pragma once
// The commands `qstar eval claims | report`.

#include "engine/run/common.h"

namespace CLI {
class App;
}

namespace qstar::eval {

void add_report_commands(CLI::App& eval, const Common& common);

} // namespace qstar::eval
