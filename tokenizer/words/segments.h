#pragma once
// Cutting a text into added tokens and the texts between them, and normalising these: what
// happens before words are split.
//
// In Hugging Face's order: first the added tokens that are looked for in the text as it stands,
// then the normaliser, then those that are looked for (in their normalised form) in its result.
// Of several that match at a place the longest is meant.

#include "tokenizer/words/vocabulary.h"

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

// A piece of a text that is not empty: an added token, or else a normalised text.
struct Segment {
    std::string_view text;
    int token = -1;
    bool first = false; // it stands where the text begins
};

class Segments {
  public:
    explicit Segments(const Vocabulary& vocabulary);

    // Calls `take` for the pieces in order. Special tokens in it are text with `as_text`; other
    // added tokens are always cut out. Not `begins`: the text goes on where another ended, and
    // nothing is put before it. Safe from several threads.
    void cut(std::string_view text, bool as_text, bool begins,
             const std::function<void(const Segment&)>& take) const;

  private:
    struct Name {
        std::string text;
        AddedToken token;
    };
    // Names by their first byte, the longest first.
    struct Names {
        std::array<std::vector<Name>, 256> by_byte;
        bool any = false, any_text = false; // at all; that are not special
        void add(Name name);
        const Name* at(std::string_view text, bool as_text) const;
        void cut(std::string_view text, bool as_text, bool first,
                 const std::function<void(const Segment&)>& take) const;
    };

    std::string normalized(std::string_view text, bool prepends) const;

    std::vector<NormalizerStep> steps_;
    Names plain_, normalized_;
};

} // namespace qstar::tokenizer
