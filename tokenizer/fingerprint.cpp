#include "tokenizer/fingerprint.h"

#include "engine/io/sha256.h"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace qstar::tokenizer {

// Every part begins with its count, every token with its length, so that no two
// tokenizers have the same text. Models record the result: the text must not change.
std::string fingerprint(const Tokenizer& tokenizer) {
    Sha256 hash;
    hash.update(fmt::format("tokens {}\n", tokenizer.size()));
    for (int id = 0; id < tokenizer.size(); ++id) {
        const std::string_view token =
            tokenizer.is_hole(id) ? std::string_view() : tokenizer.token(id);
        hash.update(fmt::format("{}:", token.size()));
        hash.update(token);
    }
    hash.update(fmt::format("\nmerges {}\n", tokenizer.merges().size()));
    for (const Merge& merge : tokenizer.merges())
        hash.update(fmt::format("{} {} {}\n", merge.left, merge.right, merge.product));
    std::vector<int> specials = tokenizer.specials();
    std::sort(specials.begin(), specials.end());
    hash.update(fmt::format("specials {}\n", specials.size()));
    for (const int id : specials) hash.update(fmt::format("{}\n", id));
    hash.update(fmt::format("digits {}\n", name_of(tokenizer.pretokenizer().digits)));
    if (tokenizer.form() != Form{}) hash.update("form " + form_text(tokenizer.form()));
    return hash.digest();
}

} // namespace qstar::tokenizer
