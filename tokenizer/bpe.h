#pragma once
// Byte-pair encoding: text to token ids and back.
//
// Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units"
// (2016), over bytes as in GPT-2 (Radford et al. 2019): a text is split into
// words (pretokenize.h), a word into its bytes, and then, as long as any merge
// applies, the neighbouring pair whose merge was learned first becomes one token,
// the leftmost such pair first. Any bytes can be encoded; none is unknown.
//
// Vocabularies of others may begin with characters instead, with the bytes only for those that
// have no token (SentencePiece's BPE with byte fallback, Kudo and Richardson 2018; Llama 2).
//
// Ids: 256 bytes in GPT-2's order (bytes.h), the merges' products in the order
// in which they were learned, the special tokens last. A vocabulary that was read
// from files of others may have another order.

#include "tokenizer/form.h"
#include "tokenizer/special.h"
#include "tokenizer/words/vocabulary.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

// What "<|step|>" in a text means: the special token, or eight plain characters.
// Text that is not ours (a problem from a file or a user) is encoded as_text. Added tokens that
// are not special are text either way.
enum class Specials { allowed, as_text };

// Immutable; copies are cheap and share a cache of words. All functions may be called from
// several threads at once.
class Tokenizer {
  public:
    // Every byte a token and no merges: 256 + 4 tokens.
    Tokenizer();

    // Byte-level, from its parts, as training and vocab.json make it: the tokens' bytes by id
    // (none: a hole), the merges by rank, the ids of the special tokens, how words are split.
    // Throws as the next one does, and where a special token does not look like one (special.h).
    Tokenizer(std::vector<std::string> tokens, std::vector<Merge> merges, std::vector<int> specials,
              Pretokenizer pretokenizer = {});

    // Of any kind. Throws an Error where a byte has no token, an id is none, two merges have the
    // same pair, or a merge's product is not its two tokens' text.
    explicit Tokenizer(Vocabulary vocabulary);

    // How the texts of its models are put; ours, unless with_form() made it.
    const Form& form() const { return form_; }
    Tokenizer with_form(Form form) const;

    const Vocabulary& vocabulary() const;
    int size() const { return size_; }
    const std::vector<Merge>& merges() const { return vocabulary().merges; }
    const std::vector<int>& specials() const;
    const Pretokenizer& pretokenizer() const { return vocabulary().pretokenizer; }

    // The bytes that a token stands for within a text: of "\u2581the" they are " the", of "<0x0A>"
    // a line feed, of an added token its name. What tokens write one after another is their
    // text. Throws for a wrong id and for a hole: an id below size() that no token has.
    const std::string& token(int id) const;
    bool is_hole(int id) const;
    bool is_special(int id) const; // no text: a special token, or a hole that a model drew

    // The id of a special token by its name, special(kStep). Throws when this
    // vocabulary has none of that name.
    int special(std::string_view name) const;

    // The ids of the text alone. What a model expects around one is begins_with(), ends_with(),
    // as <s> in Llama 2, and stands in no result.
    std::vector<int> encode(std::string_view text, Specials specials = Specials::allowed) const;
    const std::vector<int>& begins_with() const { return vocabulary().begins; }
    const std::vector<int>& ends_with() const { return vocabulary().ends; }

    // Of a text that goes on where another ended: no space is put before it.
    std::vector<int> encode_continuation(std::string_view text,
                                         Specials specials = Specials::allowed) const;

    // Byte-level: decode(encode(text)) == text for every string of bytes, unless a normaliser or
    // a prefix space changed it first. With byte fallback the same holds of texts without U+2581
    // and added tokens: the space that encode() puts before the text is taken off again, once,
    // from the front. Throws for a wrong id.
    std::string decode(const std::vector<int>& ids) const;
    // Of ids that go on where others ended: their token()s, and nothing taken off.
    std::string decode_continuation(const std::vector<int>& ids) const;

  private:
    struct State;

    std::shared_ptr<const State> state_;
    int size_ = 0;
    Form form_;
};

// Calls on_text(part) and on_special(index into names) for the parts of a text, in
// order. Where two names match, the longer one is meant.
template <class Names, class OnText, class OnSpecial>
void split_specials(std::string_view text, const Names& names, OnText on_text,
                    OnSpecial on_special) {
    std::string heads; // what the names begin with, '<' as a rule
    for (const auto& name : names)
        if (heads.find(name[0]) == heads.npos) heads += name[0];
    size_t begin = 0;
    for (size_t at = text.find_first_of(heads); at != text.npos;
         at = text.find_first_of(heads, at)) {
        size_t best = 0, length = 0;
        for (size_t i = 0; i < names.size(); ++i) {
            if (names[i].size() <= length || !text.substr(at).starts_with(names[i])) continue;
            best = i;
            length = names[i].size();
        }
        if (length == 0) {
            ++at;
            continue;
        }
        if (at > begin) on_text(text.substr(begin, at - begin));
        on_special(best);
        begin = at += length;
    }
    if (begin < text.size()) on_text(text.substr(begin));
}

} // namespace qstar::tokenizer
