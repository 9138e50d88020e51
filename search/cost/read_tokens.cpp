#include "search/cost/read_tokens.h"

namespace qstar::search {

int64_t ReadTokens::unread(std::span<const int> tokens) const {
    int at = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
        const auto known = next_.find({at, tokens[i]});
        if (known == next_.end()) return static_cast<int64_t>(tokens.size() - i);
        at = known->second;
    }
    return 0;
}

int64_t ReadTokens::read(std::span<const int> tokens) {
    const int64_t fresh = unread(tokens);
    int at = 0;
    for (const int token : tokens)
        at = next_.try_emplace({at, token}, static_cast<int>(next_.size()) + 1).first->second;
    return fresh;
}

} // namespace qstar::search
