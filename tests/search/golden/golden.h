#pragma once
// Golden trees: what a search did, kept as JSON in tests/cases/golden/, and compared with what it
// does now. They were written by the searches before puzzles and reasoning steps had one
// algorithm between them, so that every later form of the code makes the same expansions.
//
// QSTAR_WRITE_GOLDEN=1 qstar_tests -tc='golden*' writes them anew: only for a change that is meant
// to change what a search does.

#include "engine/text/json.h"

#include <string>

namespace qstar::tests {

// A number as a golden tree has it: seven digits, so that another library's logarithm is the same.
double golden_number(double value);

// Checks that the cases, {name: what happened}, are those of tests/cases/golden/FILE; or writes
// them there.
void check_golden(const std::string& file, const Json& cases);

} // namespace qstar::tests
