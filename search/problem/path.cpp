#include "search/problem/path.h"

#include "tokenizer/special.h"

namespace qstar::search {

std::string text_of(const Path& path) {
    std::string text;
    text += tokenizer::kEndOfText;
    text += tokenizer::kProblem;
    text += path.problem;
    text += tokenizer::kStep;
    for (size_t i = 0; i < path.steps.size(); ++i) {
        text += path.steps[i];
        const bool last = i + 1 == path.steps.size();
        text += last && path.finished ? tokenizer::kAnswer : tokenizer::kStep;
    }
    return text;
}

Path beginning(const Path& path, size_t steps) {
    const auto end = path.steps.begin() + static_cast<std::ptrdiff_t>(steps);
    return {path.problem, {path.steps.begin(), end}, path.finished && steps == path.steps.size()};
}

} // namespace qstar::search
