#include "search/models/encode.h"

#include <string>

namespace qstar::search {

EncodedPath encode(const tokenizer::Tokenizer& tokenizer, const Path& path) {
    EncodedPath out;
    const auto append = [&](const std::string& text) {
        const std::vector<int> ids = tokenizer.encode(text, tokenizer::Specials::as_text);
        out.tokens.insert(out.tokens.end(), ids.begin(), ids.end());
    };
    const int step = tokenizer.special(tokenizer::step);
    out.tokens = {tokenizer.special(tokenizer::end_of_text), tokenizer.special(tokenizer::problem)};
    append(path.problem);
    out.tokens.push_back(step);
    for (size_t i = 0; i < path.steps.size(); ++i) {
        append(path.steps[i]);
        const bool answer = path.finished && i + 1 == path.steps.size();
        out.ends.push_back(static_cast<int>(out.tokens.size()));
        out.tokens.push_back(answer ? tokenizer.special(tokenizer::answer) : step);
    }
    return out;
}

} // namespace qstar::search
