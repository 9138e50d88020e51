#pragma once
// The report: one HTML file that shows a run, with everything in it.
//
// Read page.cpp first. The page is a pure function of one JSON value (data.h), which it
// carries: whatever it shows can be held beside it.

#include "eval/report/measure.h"

#include <string>

namespace qstar::eval {

// Measures (measure.h) and writes DIR/report.html. Its path.
std::string report(const MeasureOptions& options);

// Looks at DIR/report.html: every number that it shows equals the data in it; the data equal
// the run's files; and what the report measured, rows of the ladder, and a claim are measured
// again from the run's models and the seed, and are the same. Error naming the first thing
// that differs; prints what was compared.
void verify_report(const std::string& run, bool quiet = false);

} // namespace qstar::eval
