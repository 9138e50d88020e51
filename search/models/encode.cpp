#include "search/models/encode.h"

#include <vector>

namespace qstar::search {

EncodedPath encode(const tokenizer::FormReader& form, const Path& path) {
    EncodedPath out;
    out.tokens = form.prompt(path.problem);
    out.prompt = out.tokens.size();
    for (size_t i = 0; i < path.steps.size(); ++i) {
        const bool last = path.finished && i + 1 == path.steps.size();
        const std::vector<int> ids = form.step(path.steps[i], last);
        out.tokens.insert(out.tokens.end(), ids.begin(), ids.end());
        out.ends.push_back(static_cast<int>(out.tokens.size()) - 1);
    }
    return out;
}

EncodedPath encode(const tokenizer::Tokenizer& tokenizer, const Path& path) {
    const tokenizer::FormReader form(tokenizer);
    return encode(form, path);
}

} // namespace qstar::search
