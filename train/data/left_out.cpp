#include "train/data/left_out.h"

#include "engine/text/json.h"
#include "engine/text/utf8.h"

#include <fmt/core.h>

namespace qstar::train {

void settle(const BadLines& bad, const StageOptions& options, const std::string& stage,
            const std::string& file) {
    bad.settle(file);
    if (bad.count() > 0 && !options.quiet)
        fmt::print("{}: {}\n", stage, printable(bad.left_out(file)));
}

void say_contradictions(const StageOptions& options, const std::string& stage, int64_t count,
                        const char* what) {
    if (count > 0 && !options.quiet)
        fmt::print("{}: judged both right and wrong: {} {}{}; each judgement counts\n", stage,
                   count, what, count == 1 ? "" : "s");
}

} // namespace qstar::train
