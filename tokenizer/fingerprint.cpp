#include "tokenizer/fingerprint.h"

#include "engine/io/sha256.h"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace qstar::tokenizer {

namespace {

// What only vocabularies of others have; nothing of one that GPT-2's files can express, which
// had its fingerprint before there was anything else.
std::string others(const Vocabulary& v) {
    std::string text;
    const auto sized = [](std::string_view part) {
        return fmt::format("{}:{}", part.size(), part);
    };
    if (v.alphabet == Alphabet::characters)
        text += fmt::format("characters {} {} {} {}\n", v.byte_fallback, v.fuse_unknown, v.unknown,
                            v.strips_space);
    const Pretokenizer& how = v.pretokenizer;
    if (how.words != Words::gpt2) text += fmt::format("words {}\n", name_of(how.words));
    if (how.prefix != Prefix::none) text += fmt::format("prefix {}\n", name_of(how.prefix));
    if (how.metaspace) text += "metaspace\n";
    if (v.ignore_merges) text += "ignore merges\n";
    for (const NormalizerStep& step : v.normalizer)
        text += fmt::format("normalizer {} {} {}\n", static_cast<int>(step.kind), sized(step.from),
                            sized(step.to));
    std::vector<AddedToken> added = v.added;
    std::sort(added.begin(), added.end(),
              [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
    for (const AddedToken& token : added)
        if (AddedToken plain{token.id}; token != plain)
            text += fmt::format("added {} {} {} {} {}\n", token.id, token.special, token.normalized,
                                token.lstrip, token.rstrip);
    for (const int id : v.begins) text += fmt::format("begins {}\n", id);
    for (const int id : v.ends) text += fmt::format("ends {}\n", id);
    return text;
}

} // namespace

// Every part begins with its count, every token with its length, so that no two
// tokenizers have the same text. Models record the result: the text must not change.
std::string fingerprint(const Tokenizer& tokenizer) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    Sha256 hash;
    hash.update(fmt::format("tokens {}\n", tokenizer.size()));
    for (const std::string& token : vocabulary.tokens) {
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
    hash.update(others(vocabulary));
    return hash.digest();
}

} // namespace qstar::tokenizer
