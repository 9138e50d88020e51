#pragma once
// The demo: the whole pipeline, from an empty folder to the report, one stage after another.
// Each stage that is done is passed over, an interrupted one goes on.

#include "eval/measure/demo_options.h"

namespace qstar::eval {

// Error for a world that has no demo.
void demo(const DemoOptions& options);

} // namespace qstar::eval
