#include "search/problem/public_rules.h"

namespace qstar::search {

std::string PublicRules::canonical_answer(std::string_view answer) const {
    return std::string(answer);
}

std::string PublicRules::state(const Path& path) const {
    return path.steps.empty() ? path.problem : path.steps.back();
}

} // namespace qstar::search
