#include "tokenizer/bpe.h"

#include "engine/base/error.h"
#include "tokenizer/words/merges.h"
#include "tokenizer/words/pretokenize.h"
#include "tokenizer/words/segments.h"
#include "tokenizer/words/symbols.h"

#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace qstar::tokenizer {

namespace {

// Lets the cache be asked for a string_view without making a string.
struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// The ids of the words that came lately. Natural text repeats its words, so most
// are looked up and only few are merged. A caller that finds the cache in use by
// another thread works without it: the ids are the same.
struct Cache {
    static constexpr size_t kMostWords = 1 << 16, kLongestWord = 64;

    std::mutex mutex;
    std::unordered_map<std::string, std::vector<int>, Hash, std::equal_to<>> words;
};

std::string with_marks(std::string_view text) {
    std::string out;
    for (const char c : text) c == ' ' ? out += kSpaceMark : out += c;
    return out;
}

} // namespace

struct Tokenizer::State {
    Vocabulary vocabulary;
    Segments segments;
    std::vector<bool> marks; // by id, whether it is no text
    Symbols symbols;
    Merges merges;
    std::vector<int> specials;
    std::unordered_map<std::string_view, int> word_ids; // where words pass over merges
    mutable Cache cache;

    explicit State(Vocabulary given);

    std::vector<int> encode(std::string_view text, bool as_text, bool begins) const;
    void encode_text(std::string_view text, bool prefixed, Cache* lent,
                     std::vector<int>& out) const;
    void encode_words(std::string_view text, Cache* lent, std::vector<int>& out) const;
    void encode_word(std::string_view word, std::vector<int>& out) const;
};

namespace {

Vocabulary checked(Vocabulary vocabulary) {
    check(vocabulary);
    return vocabulary;
}

Vocabulary plain_vocabulary(std::vector<std::string> tokens, std::vector<Merge> merges,
                            const std::vector<int>& specials, Pretokenizer pretokenizer) {
    Vocabulary vocabulary;
    vocabulary.tokens = std::move(tokens);
    vocabulary.merges = std::move(merges);
    vocabulary.pretokenizer = pretokenizer;
    for (const int id : specials) {
        const std::string& name = text_of(vocabulary, id);
        if (!looks_special(name))
            fail("special token {} has the name '{}'; expected a name like <|step|>", id, name);
        vocabulary.added.push_back({id});
    }
    return vocabulary;
}

// The default: the bytes and the special tokens of special.h.
Vocabulary vocabulary_of_bytes() {
    std::vector<std::string> tokens = byte_tokens();
    std::vector<int> specials;
    for (const std::string_view name : kSpecialTokens) {
        specials.push_back(static_cast<int>(tokens.size()));
        tokens.emplace_back(name);
    }
    return plain_vocabulary(std::move(tokens), {}, specials, {});
}

} // namespace

Tokenizer::State::State(Vocabulary given)
    : vocabulary(checked(std::move(given))), segments(vocabulary), marks(marks_of(vocabulary)),
      symbols(vocabulary, marks), merges(vocabulary) {
    for (const AddedToken& token : vocabulary.added)
        if (token.special) specials.push_back(token.id);
    if (!vocabulary.ignore_merges) return;
    for (size_t i = 0; i < marks.size(); ++i)
        if (!marks[i]) word_ids.emplace(vocabulary.tokens[i], static_cast<int>(i));
}

std::vector<int> Tokenizer::State::encode(std::string_view text, bool as_text, bool begins) const {
    std::vector<int> out;
    out.reserve(text.size() / 3 + 1);
    const std::unique_lock lock(cache.mutex, std::try_to_lock);
    Cache* lent = lock.owns_lock() ? &cache : nullptr;
    segments.cut(text, as_text, begins, [&](const Segment& part) {
        if (part.token >= 0) return out.push_back(part.token);
        const Prefix prefix = vocabulary.pretokenizer.prefix;
        const bool prefixed =
            part.first ? begins && prefix != Prefix::none : prefix == Prefix::every;
        encode_text(part.text, prefixed, lent, out);
    });
    return out;
}

// Spaces become marks and one is put before the text, as the pre-tokenizer says.
void Tokenizer::State::encode_text(std::string_view text, bool prefixed, Cache* lent,
                                   std::vector<int>& out) const {
    const bool metaspace = vocabulary.pretokenizer.metaspace;
    if (!metaspace && !prefixed) return encode_words(text, lent, out);
    std::string changed = metaspace ? with_marks(text) : std::string(text);
    const std::string_view space = metaspace ? kSpaceMark : " ";
    if (prefixed && !changed.starts_with(space)) changed.insert(0, space);
    encode_words(changed, lent, out);
}

void Tokenizer::State::encode_words(std::string_view text, Cache* lent,
                                    std::vector<int>& out) const {
    for (size_t begin = 0, end; begin < text.size(); begin = end) {
        end = pretoken_end(text, begin, vocabulary.pretokenizer);
        const std::string_view word = text.substr(begin, end - begin);
        if (word.size() == 1 && vocabulary.alphabet == Alphabet::bytes) {
            out.push_back(symbols.of_byte(word[0]));
            continue;
        }
        if (!lent || word.size() > Cache::kLongestWord) {
            encode_word(word, out);
            continue;
        }
        auto found = lent->words.find(word);
        if (found == lent->words.end()) {
            if (lent->words.size() >= Cache::kMostWords) lent->words.clear();
            std::vector<int> ids;
            encode_word(word, ids);
            found = lent->words.emplace(word, std::move(ids)).first;
        }
        out.insert(out.end(), found->second.begin(), found->second.end());
    }
}

void Tokenizer::State::encode_word(std::string_view word, std::vector<int>& out) const {
    if (const auto whole = word_ids.find(word); whole != word_ids.end())
        out.push_back(whole->second);
    else
        merges.apply(symbols.of(word), out);
}

Tokenizer::Tokenizer() : Tokenizer(vocabulary_of_bytes()) {}

Tokenizer::Tokenizer(std::vector<std::string> tokens, std::vector<Merge> merges,
                     std::vector<int> specials, Pretokenizer pretokenizer)
    : Tokenizer(plain_vocabulary(std::move(tokens), std::move(merges), specials, pretokenizer)) {}

Tokenizer::Tokenizer(Vocabulary vocabulary)
    : state_(std::make_shared<const State>(std::move(vocabulary))),
      size_(static_cast<int>(state_->vocabulary.tokens.size())) {}

const Vocabulary& Tokenizer::vocabulary() const { return state_->vocabulary; }
const std::vector<int>& Tokenizer::specials() const { return state_->specials; }

const std::string& Tokenizer::token(int id) const {
    text_of(state_->vocabulary, id); // there is one
    return state_->symbols.bytes(id);
}

bool Tokenizer::is_hole(int id) const {
    return id >= 0 && id < size() && vocabulary().tokens[static_cast<size_t>(id)].empty();
}

bool Tokenizer::is_special(int id) const {
    return id >= 0 && id < size() && state_->marks[static_cast<size_t>(id)];
}

int Tokenizer::special(std::string_view name) const {
    for (const int id : specials())
        if (token(id) == name) return id;
    fail("the vocabulary of {} tokens has no special token {}", size(), name);
}

std::vector<int> Tokenizer::encode(std::string_view text, Specials specials) const {
    return state_->encode(text, specials == Specials::as_text, true);
}

Tokenizer Tokenizer::with_form(Form form) const {
    Tokenizer other = *this;
    other.form_ = std::move(form);
    return other;
}

std::vector<int> Tokenizer::encode_continuation(std::string_view text, Specials specials) const {
    return state_->encode(text, specials == Specials::as_text, false);
}

std::string Tokenizer::decode(const std::vector<int>& ids) const {
    std::string text = decode_continuation(ids);
    if (vocabulary().strips_space && text.starts_with(' ')) text.erase(0, 1);
    return text;
}

std::string Tokenizer::decode_continuation(const std::vector<int>& ids) const {
    std::string text;
    for (const int id : ids) text += token(id);
    return text;
}

} // namespace qstar::tokenizer
