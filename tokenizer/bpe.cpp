#include "tokenizer/bpe.h"

#include "engine/base/error.h"
#include "tokenizer/bytes.h"
#include "tokenizer/pretokenize.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <queue>

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

} // namespace

// The ids of the words that came lately. Natural text repeats its words, so most
// are looked up and only few are merged. A caller that finds the cache in use by
// another thread works without it: the ids are the same.
struct Tokenizer::Cache {
    static constexpr size_t most_words = 1 << 16, longest_word = 64;

    std::mutex mutex;
    std::unordered_map<std::string, std::vector<int>, Hash, std::equal_to<>> words;
};

std::vector<std::string> byte_tokens() {
    std::vector<std::string> tokens;
    for (const uint8_t byte : byte_order()) tokens.emplace_back(1, static_cast<char>(byte));
    return tokens;
}

Tokenizer::Tokenizer()
    : Tokenizer([] {
          std::vector<std::string> tokens = byte_tokens();
          std::vector<int> specials;
          for (const std::string_view name : special_tokens) {
              specials.push_back(static_cast<int>(tokens.size()));
              tokens.emplace_back(name);
          }
          return Tokenizer(std::move(tokens), {}, std::move(specials));
      }()) {}

Tokenizer::Tokenizer(std::vector<std::string> tokens, std::vector<Merge> merges,
                     std::vector<int> specials, Pretokenizer pretokenizer)
    : tokens_(std::move(tokens)), merges_(std::move(merges)), specials_(std::move(specials)),
      pretokenizer_(pretokenizer), cache_(std::make_shared<Cache>()) {
    for (const int id : specials_) {
        const std::string& name = token(id);
        if (!looks_special(name))
            fail("special token {} has the name '{}'; expected a name like <|step|>", id, name);
    }
    byte_ids_.fill(-1);
    for (int id = 0; id < size(); ++id) {
        const std::string& bytes = tokens_[static_cast<size_t>(id)];
        if (bytes.size() == 1) byte_ids_[static_cast<uint8_t>(bytes[0])] = id;
    }
    for (size_t byte = 0; byte < byte_ids_.size(); ++byte)
        if (byte_ids_[byte] < 0) fail("the vocabulary has no token for the byte 0x{:02X}", byte);

    ranks_.reserve(merges_.size());
    for (size_t i = 0; i < merges_.size(); ++i) {
        const Merge& merge = merges_[i];
        if (token(merge.left) + token(merge.right) != token(merge.product))
            fail("merge {} makes '{}' of '{}' and '{}'", i, printable(token(merge.product)),
                 printable(token(merge.left)), printable(token(merge.right)));
        if (!ranks_.emplace(pair_key(merge.left, merge.right), static_cast<int>(i)).second)
            fail("merge {} repeats the pair '{}' and '{}'", i, printable(token(merge.left)),
                 printable(token(merge.right)));
    }
}

Tokenizer Tokenizer::with_form(Form form) const {
    Tokenizer other = *this;
    other.form_ = std::move(form);
    return other;
}

const std::string& Tokenizer::token(int id) const {
    if (id < 0 || id >= size())
        fail("token id {} is outside the vocabulary: expected 0 to {}", id, size() - 1);
    if (is_hole(id)) fail("token id {} is a hole in the vocabulary: no token has it", id);
    return tokens_[static_cast<size_t>(id)];
}

bool Tokenizer::is_hole(int id) const {
    return id >= 0 && id < size() && tokens_[static_cast<size_t>(id)].empty();
}

bool Tokenizer::is_special(int id) const {
    return is_hole(id) || std::find(specials_.begin(), specials_.end(), id) != specials_.end();
}

int Tokenizer::special(std::string_view name) const {
    for (const int id : specials_)
        if (token(id) == name) return id;
    fail("the vocabulary of {} tokens has no special token {}", size(), name);
}

int Tokenizer::rank(int left, int right) const {
    const auto found = ranks_.find(pair_key(left, right));
    return found == ranks_.end() ? -1 : found->second;
}

std::vector<int> Tokenizer::encode(std::string_view text, Specials specials) const {
    std::vector<int> out;
    out.reserve(text.size() / 3 + 1);
    const std::unique_lock lock(cache_->mutex, std::try_to_lock);
    Cache* cache = lock.owns_lock() ? cache_.get() : nullptr;
    if (specials == Specials::as_text) {
        encode_text(text, cache, out);
        return out;
    }
    std::vector<std::string_view> names;
    for (const int id : specials_) names.emplace_back(token(id));
    split_specials(
        text, names, [&](std::string_view part) { encode_text(part, cache, out); },
        [&](size_t index) { out.push_back(specials_[index]); });
    return out;
}

void Tokenizer::encode_text(std::string_view text, Cache* cache, std::vector<int>& out) const {
    for (size_t begin = 0, end; begin < text.size(); begin = end) {
        end = pretoken_end(text, begin, pretokenizer_);
        const std::string_view word = text.substr(begin, end - begin);
        if (word.size() == 1) {
            out.push_back(byte_ids_[static_cast<uint8_t>(word[0])]);
            continue;
        }
        if (!cache || word.size() > Cache::longest_word) {
            encode_word(word, out);
            continue;
        }
        auto found = cache->words.find(word);
        if (found == cache->words.end()) {
            if (cache->words.size() >= Cache::most_words) cache->words.clear();
            std::vector<int> ids;
            encode_word(word, ids);
            found = cache->words.emplace(word, std::move(ids)).first;
        }
        out.insert(out.end(), found->second.begin(), found->second.end());
    }
}

// The word is a doubly linked list of tokens; a heap gives the pair of the lowest
// rank, the leftmost first. O(n log n), so a megabyte without a space is no harm.
void Tokenizer::encode_word(std::string_view word, std::vector<int>& out) const {
    const int64_t n = static_cast<int64_t>(word.size());
    struct Node {
        int token; // -1: merged into the node before it
        int64_t previous, next;
    };
    std::vector<Node> nodes(word.size());
    const auto node = [&](int64_t i) -> Node& { return nodes[static_cast<size_t>(i)]; };
    for (int64_t i = 0; i < n; ++i)
        node(i) = {byte_ids_[static_cast<uint8_t>(word[static_cast<size_t>(i)])], i - 1, i + 1};

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
        const Merge& merge = merges_[static_cast<size_t>(r)];
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

std::string Tokenizer::decode(const std::vector<int>& ids) const {
    std::string text;
    for (const int id : ids) text += token(id);
    return text;
}

} // namespace qstar::tokenizer
