#include "tokenizer/bpe.h"

#include "engine/base/error.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/characters/unicode.h"
#include "tokenizer/pretokenize.h"
#include "tokenizer/segments.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <queue>
#include <unordered_map>

namespace qstar::tokenizer {

namespace {

uint64_t pair_key(int left, int right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

// Lets the cache be asked for a string_view without making a string.
struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// The ids of the words that came lately. Natural text repeats its words, so most
// are looked up and only few are merged. A caller that finds the cache in use by
// another thread works without it: the ids are the same.
struct Cache {
    static constexpr size_t most_words = 1 << 16, longest_word = 64;

    std::mutex mutex;
    std::unordered_map<std::string, std::vector<int>, Hash, std::equal_to<>> words;
};

// The byte that "<0x0A>" names, or -1.
int named_byte(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
    int byte = 0;
    for (const char c : token.substr(3, 2)) {
        const size_t digit = std::string_view("0123456789ABCDEF").find(c);
        if (digit == std::string_view::npos) return -1;
        byte = byte * 16 + static_cast<int>(digit);
    }
    return byte;
}

std::string with_spaces(std::string_view text) {
    std::string out;
    for (size_t begin = 0;;) {
        const size_t at = text.find(space_mark, begin);
        out += text.substr(begin, at - begin);
        if (at == text.npos) return out;
        out += ' ';
        begin = at + space_mark.size();
    }
}

std::string with_marks(std::string_view text) {
    std::string out;
    for (const char c : text) c == ' ' ? out += space_mark : out += c;
    return out;
}

} // namespace

std::vector<std::string> byte_tokens() {
    std::vector<std::string> tokens;
    for (const uint8_t byte : byte_order()) tokens.emplace_back(1, static_cast<char>(byte));
    return tokens;
}

struct Tokenizer::State {
    Vocabulary vocabulary;
    Segments segments;
    std::vector<int> specials;
    std::vector<bool> marks;                            // by id, whether it is no text
    std::vector<std::string> bytes;                     // of tokens of characters, by id
    std::array<int, 256> byte_ids{};                    // the token of a byte, or -1
    std::unordered_map<char32_t, int> character_ids;    // the token of a character
    std::unordered_map<uint64_t, int> ranks;            // of a pair of ids
    std::unordered_map<std::string_view, int> word_ids; // where words pass over merges
    mutable Cache cache;

    explicit State(Vocabulary given);
    void find_symbols();
    void find_merges();

    std::vector<int> encode(std::string_view text, bool as_text, bool begins) const;
    void encode_text(std::string_view text, bool prefixed, Cache* lent,
                     std::vector<int>& out) const;
    void encode_words(std::string_view text, Cache* lent, std::vector<int>& out) const;
    void encode_word(std::string_view word, std::vector<int>& out) const;
    std::vector<int> symbols(std::string_view word) const;
    void merge_all(const std::vector<int>& symbols, std::vector<int>& out) const;
    int rank(int left, int right) const; // of the merge of this pair, or -1
};

namespace {

const std::string& text_of(const Vocabulary& vocabulary, int id) {
    const int size = static_cast<int>(vocabulary.tokens.size());
    if (id < 0 || id >= size)
        fail("token id {} is outside the vocabulary: expected 0 to {}", id, size - 1);
    const std::string& text = vocabulary.tokens[static_cast<size_t>(id)];
    if (text.empty()) fail("token id {} is a hole in the vocabulary: no token has it", id);
    return text;
}

// All ids are those of tokens.
Vocabulary checked(Vocabulary vocabulary) {
    for (const AddedToken& token : vocabulary.added) text_of(vocabulary, token.id);
    for (const int id : vocabulary.begins) text_of(vocabulary, id);
    for (const int id : vocabulary.ends) text_of(vocabulary, id);
    if (vocabulary.unknown >= 0) text_of(vocabulary, vocabulary.unknown);
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
    for (const std::string_view name : special_tokens) {
        specials.push_back(static_cast<int>(tokens.size()));
        tokens.emplace_back(name);
    }
    return plain_vocabulary(std::move(tokens), {}, specials, {});
}

} // namespace

Tokenizer::State::State(Vocabulary given)
    : vocabulary(checked(std::move(given))), segments(vocabulary) {
    marks.resize(vocabulary.tokens.size());
    for (size_t id = 0; id < marks.size(); ++id) marks[id] = vocabulary.tokens[id].empty();
    for (const AddedToken& token : vocabulary.added) {
        if (!token.special) continue;
        specials.push_back(token.id);
        marks[static_cast<size_t>(token.id)] = true;
    }
    find_symbols();
    find_merges();
}

// What merging begins with, and what tokens stand for.
void Tokenizer::State::find_symbols() {
    byte_ids.fill(-1);
    std::vector<bool> added(vocabulary.tokens.size());
    for (const AddedToken& token : vocabulary.added) added[static_cast<size_t>(token.id)] = true;
    const bool characters = vocabulary.alphabet == Alphabet::characters;
    if (characters) bytes = vocabulary.tokens;
    for (size_t i = 0; i < vocabulary.tokens.size(); ++i) {
        const std::string& text = vocabulary.tokens[i];
        const int id = static_cast<int>(i);
        if (text.empty()) continue;
        if (vocabulary.ignore_merges && !marks[i]) word_ids.emplace(text, id);
        if (!characters) {
            int& symbol = byte_ids[static_cast<uint8_t>(text[0])];
            if (text.size() == 1 && (symbol < 0 || !added[i])) symbol = id;
            continue;
        }
        const int byte = vocabulary.byte_fallback ? named_byte(text) : -1;
        if (byte >= 0) {
            byte_ids[static_cast<size_t>(byte)] = id;
            bytes[i] = std::string(1, static_cast<char>(byte));
        } else if (!added[i]) {
            bytes[i] = with_spaces(text);
        }
        if (const Character c = decode_utf8(text, 0); c.bytes == text.size() && !marks[i])
            character_ids.emplace(c.code, id);
    }
    if (characters && !vocabulary.byte_fallback) return;
    for (size_t byte = 0; byte < byte_ids.size(); ++byte)
        if (byte_ids[byte] < 0) fail("the vocabulary has no token for the byte 0x{:02X}", byte);
}

void Tokenizer::State::find_merges() {
    const auto shown = [&](int id) {
        const std::string& text = text_of(vocabulary, id);
        return vocabulary.alphabet == Alphabet::bytes ? printable(text) : text;
    };
    ranks.reserve(vocabulary.merges.size());
    for (size_t i = 0; i < vocabulary.merges.size(); ++i) {
        const auto [left, right, product] = vocabulary.merges[i];
        if (text_of(vocabulary, left) + text_of(vocabulary, right) != text_of(vocabulary, product))
            fail("merge {} makes '{}' of '{}' and '{}'", i, shown(product), shown(left),
                 shown(right));
        if (!ranks.emplace(pair_key(left, right), static_cast<int>(i)).second)
            fail("merge {} repeats the pair '{}' and '{}'", i, shown(left), shown(right));
    }
}

int Tokenizer::State::rank(int left, int right) const {
    const auto found = ranks.find(pair_key(left, right));
    return found == ranks.end() ? -1 : found->second;
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
    const std::string_view space = metaspace ? space_mark : " ";
    if (prefixed && !changed.starts_with(space)) changed.insert(0, space);
    encode_words(changed, lent, out);
}

void Tokenizer::State::encode_words(std::string_view text, Cache* lent,
                                    std::vector<int>& out) const {
    for (size_t begin = 0, end; begin < text.size(); begin = end) {
        end = pretoken_end(text, begin, vocabulary.pretokenizer);
        const std::string_view word = text.substr(begin, end - begin);
        if (word.size() == 1 && vocabulary.alphabet == Alphabet::bytes) {
            out.push_back(byte_ids[static_cast<uint8_t>(word[0])]);
            continue;
        }
        if (!lent || word.size() > Cache::longest_word) {
            encode_word(word, out);
            continue;
        }
        auto found = lent->words.find(word);
        if (found == lent->words.end()) {
            if (lent->words.size() >= Cache::most_words) lent->words.clear();
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
        merge_all(symbols(word), out);
}

std::vector<int> Tokenizer::State::symbols(std::string_view word) const {
    std::vector<int> ids;
    ids.reserve(word.size());
    if (vocabulary.alphabet == Alphabet::bytes) {
        for (const char byte : word) ids.push_back(byte_ids[static_cast<uint8_t>(byte)]);
        return ids;
    }
    bool fuses = false; // the symbol before is an unknown one
    for (size_t at = 0; at < word.size();) {
        const Character c = decode_utf8(word, at);
        const auto found = character_ids.find(c.code);
        const bool known = c.code != invalid_code && found != character_ids.end();
        const bool unknown = !known && !vocabulary.byte_fallback;
        if (known) ids.push_back(found->second);
        if (!known && vocabulary.byte_fallback)
            for (const char byte : word.substr(at, c.bytes))
                ids.push_back(byte_ids[static_cast<uint8_t>(byte)]);
        if (unknown && vocabulary.unknown >= 0 && !(fuses && vocabulary.fuse_unknown))
            ids.push_back(vocabulary.unknown);
        fuses = unknown;
        at += c.bytes;
    }
    return ids;
}

// The symbols are a doubly linked list; a heap gives the pair of the lowest rank, the leftmost
// first. O(n log n), so a megabyte without a space is no harm.
void Tokenizer::State::merge_all(const std::vector<int>& symbols, std::vector<int>& out) const {
    const int64_t n = static_cast<int64_t>(symbols.size());
    struct Node {
        int token; // -1: merged into the node before it
        int64_t previous, next;
    };
    std::vector<Node> nodes(symbols.size());
    const auto node = [&](int64_t i) -> Node& { return nodes[static_cast<size_t>(i)]; };
    for (int64_t i = 0; i < n; ++i) node(i) = {symbols[static_cast<size_t>(i)], i - 1, i + 1};

    using Candidate = std::pair<int, int64_t>; // rank, position of the left token
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> heap;
    const auto consider = [&](int64_t left) {
        if (left < 0 || node(left).next >= n) return;
        const int r = rank(node(left).token, node(node(left).next).token);
        if (r >= 0) heap.emplace(r, left);
    };
    for (int64_t i = 0; i + 1 < n; ++i) consider(i);

    while (!heap.empty()) {
        const auto [r, left] = heap.top();
        heap.pop();
        const Merge& merge = vocabulary.merges[static_cast<size_t>(r)];
        const int64_t right = node(left).next;
        // Stale where an earlier merge took one of the two tokens.
        if (node(left).token != merge.left || right >= n || node(right).token != merge.right)
            continue;
        node(left).token = merge.product;
        node(left).next = node(right).next;
        if (node(right).next < n) node(node(right).next).previous = left;
        node(right).token = -1;
        consider(node(left).previous);
        consider(left);
    }
    for (int64_t i = 0; i < n; i = node(i).next) out.push_back(node(i).token);
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
    const std::string& text = text_of(state_->vocabulary, id);
    return state_->bytes.empty() ? text : state_->bytes[static_cast<size_t>(id)];
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
