#pragma once
// Byte-level byte-pair encoding: text to token ids and back.
//
// Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units"
// (2016), over bytes as in GPT-2 (Radford et al. 2019): a text is split into
// words (pretokenize.h), a word into its bytes, and then, as long as any merge
// applies, the neighbouring pair whose merge was learned first becomes one token,
// the leftmost such pair first. Any bytes can be encoded; none is unknown.
//
// Ids: 256 bytes in GPT-2's order (bytes.h), the merges' products in the order
// in which they were learned, the special tokens last. A vocabulary that was read
// from files of others may have another order.

#include "tokenizer/form.h"
#include "tokenizer/pretokenize.h"
#include "tokenizer/special.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace qstar::tokenizer {

// Tokens `left` and `right`, side by side, become `product`: three ids.
struct Merge {
    int left, right, product;
    bool operator==(const Merge&) const = default;
};

// What "<|step|>" in a text means: the special token, or eight plain characters.
// Text that is not ours (a problem from a file or a user) is encoded as_text.
enum class Specials { allowed, as_text };

// Immutable; copies are cheap enough to pass around by value once, and share a
// cache of words. All functions may be called from several threads at once.
class Tokenizer {
  public:
    // Every byte a token and no merges: 256 + 4 tokens.
    Tokenizer();

    // From its parts, as training and files make it: the tokens' bytes by id (none: a
    // hole), the merges by rank, the ids of the special tokens, how words are split.
    // Throws an Error where a byte has no token, a special token does not look like one
    // (special.h), or two merges have the same pair.
    Tokenizer(std::vector<std::string> tokens, std::vector<Merge> merges, std::vector<int> specials,
              Pretokenizer pretokenizer = {});

    int size() const { return static_cast<int>(tokens_.size()); }
    const std::vector<Merge>& merges() const { return merges_; }
    const std::vector<int>& specials() const { return specials_; }
    const Pretokenizer& pretokenizer() const { return pretokenizer_; }
    // How the texts of its models are put; ours, unless with_form() made it.
    const Form& form() const { return form_; }
    Tokenizer with_form(Form form) const;

    // The bytes of a token (of a special token its name). Throws for a wrong id and for a
    // hole: an id below size() that no token has.
    const std::string& token(int id) const;
    bool is_hole(int id) const;
    bool is_special(int id) const; // no text: a special token, or a hole that a model drew

    // The id of a special token by its name, special(step). Throws when this
    // vocabulary has none of that name.
    int special(std::string_view name) const;

    std::vector<int> encode(std::string_view text, Specials specials = Specials::allowed) const;

    // decode(encode(text)) == text for every string of bytes. Throws for a wrong id.
    std::string decode(const std::vector<int>& ids) const;

  private:
    struct Cache;

    void encode_text(std::string_view text, Cache* cache, std::vector<int>& out) const;
    void encode_word(std::string_view word, std::vector<int>& out) const;
    int rank(int left, int right) const; // of the merge of this pair, or -1

    std::vector<std::string> tokens_;
    std::vector<Merge> merges_;
    std::vector<int> specials_;
    Pretokenizer pretokenizer_;
    Form form_;
    std::array<int, 256> byte_ids_{};         // the token of a byte
    std::unordered_map<uint64_t, int> ranks_; // of a pair of ids
    std::shared_ptr<Cache> cache_;
};

// The tokens that every vocabulary of ours begins with, by id: the 256 bytes.
std::vector<std::string> byte_tokens();

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
