#include "train/run/corpus_format.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "search/models/run.h"

#include <optional>

namespace qstar::train {

bool contains_search(const std::string& run) {
    const std::optional<JsonLine> flags = search::corpus_flags(run);
    return flags && has_field(*flags, "form") && string_field(*flags, "form") == "search";
}

void require_steps(const std::string& run, std::string_view what) {
    if (contains_search(run))
        fail("{} looks at single steps, but the texts of {} contain their search (corpus --form "
             "search): expected a run of the form plain",
             what, run);
}

search::ProposerLimits limits_of(const std::string& run) {
    search::ProposerLimits limits;
    if (contains_search(run)) limits.steps = 10'000;
    return limits;
}

} // namespace qstar::train
