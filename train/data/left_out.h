#pragma once
// The flag --skip-bad of the stages that read files of others.

#include "engine/text/bad_lines.h"
#include "train/run/run.h"

#include <cstdint>
#include <string>

namespace qstar::train {

// At the end of a file: refuses its bad lines together or, with options.skip_bad, says how many
// are left out (bad_lines.h).
void settle(const BadLines& bad, const StageOptions& options, const std::string& stage,
            const std::string& file);

// Says that both judgements of some count (labels.h); nothing where there are none.
void say_contradictions(const StageOptions& options, const std::string& stage, int64_t count,
                        const char* what);

} // namespace qstar::train
