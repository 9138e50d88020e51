#include "tokenizer/train.h"

#include "engine/base/error.h"
#include "tokenizer/words/pretokenize.h"

#include <algorithm>
#include <array>
#include <queue>
#include <vector>

namespace qstar::tokenizer {

namespace {

using Pair = std::pair<int, int>;

struct PairHash {
    size_t operator()(const Pair& pair) const {
        const uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(pair.first)) << 32 |
                             static_cast<uint32_t>(pair.second);
        return static_cast<size_t>((key * 0x9E3779B97F4A7C15u) >> 16);
    }
};

// One token of one distinct word. All words lie in one array, each a doubly
// linked list, so that a merge touches only the places where its pair occurs.
struct Node {
    int token;              // -1: merged into the node before it
    int64_t previous, next; // -1: the word's border
    int64_t weight;         // how often the word occurs
};

// How often a pair occurs now, and every place where it ever began.
struct Occurrences {
    int64_t count = 0;
    std::vector<int64_t> places;
};

struct Learner {
    std::vector<std::string> tokens;
    std::vector<Node> nodes;
    std::unordered_map<Pair, Occurrences, PairHash> pairs;

    Node& node(int64_t i) { return nodes[static_cast<size_t>(i)]; }
    const std::string& bytes(int id) const { return tokens[static_cast<size_t>(id)]; }

    Pair pair_at(int64_t left) { return {node(left).token, node(node(left).next).token}; }

    void add(int64_t left) {
        Occurrences& seen = pairs[pair_at(left)];
        seen.count += node(left).weight;
        seen.places.push_back(left);
    }

    void remove(int64_t left) { pairs[pair_at(left)].count -= node(left).weight; }

    void lay_out(const WordCounts& words);
    std::vector<Pair> merge(const Pair& pair, int product);
};

// The words in order, so that nothing depends on the order within a hash table.
void Learner::lay_out(const WordCounts& words) {
    std::array<int, 256> byte_ids{};
    for (int id = 0; id < 256; ++id) byte_ids[static_cast<uint8_t>(bytes(id)[0])] = id;

    std::vector<const decltype(words.times)::value_type*> sorted;
    for (const auto& word : words.times) sorted.push_back(&word);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    for (const auto* word : sorted) {
        const int64_t first = static_cast<int64_t>(nodes.size());
        const int64_t last = first + static_cast<int64_t>(word->first.size()) - 1;
        for (int64_t i = first; i <= last; ++i) {
            const char byte = word->first[static_cast<size_t>(i - first)];
            nodes.push_back({byte_ids[static_cast<uint8_t>(byte)], i > first ? i - 1 : -1,
                             i < last ? i + 1 : -1, word->second});
        }
        for (int64_t i = first; i < last; ++i) add(i);
    }
}

// Replaces the pair by its product everywhere, each word from left to right, and
// returns the pairs that came into being (some of them more than once).
std::vector<Pair> Learner::merge(const Pair& pair, int product) {
    std::vector<int64_t> places = std::move(pairs[pair].places);
    std::sort(places.begin(), places.end());
    std::vector<Pair> born;
    for (const int64_t left : places) {
        const int64_t right = node(left).next;
        // Places grow stale; in "aaa" the second (a, a) went with the first.
        if (right < 0 || node(left).token != pair.first || node(right).token != pair.second)
            continue;
        const int64_t before = node(left).previous, after = node(right).next;
        if (before >= 0) remove(before);
        if (after >= 0) remove(right);
        node(left).token = product;
        node(left).next = after;
        node(right) = {-1, -1, -1, 0};
        if (after >= 0) node(after).previous = left;
        for (const int64_t place : {before, left}) {
            if (place < 0 || node(place).next < 0) continue;
            add(place);
            born.push_back(pair_at(place));
        }
    }
    pairs.erase(pair);
    return born;
}

} // namespace

void count_words(std::string_view text, WordCounts& words, Specials specials) {
    std::unordered_map<std::string_view, int64_t> counts; // no copy for a word seen before
    const auto count = [&](std::string_view part) {
        for (const std::string_view word : pretokenize(part, {words.digits})) ++counts[word];
    };
    if (specials == Specials::as_text)
        count(text);
    else
        split_specials(text, kSpecialTokens, count, [](size_t) {});
    for (const auto& [word, times] : counts) words.times[std::string(word)] += times;
}

Tokenizer train_bpe(const WordCounts& words, int vocabulary) {
    const int needed = 256 + static_cast<int>(kSpecialTokens.size());
    if (vocabulary < needed)
        fail("a vocabulary of {} is too small: 256 bytes and {} special tokens need {}", vocabulary,
             kSpecialTokens.size(), needed);

    Learner learner;
    learner.tokens = byte_tokens();
    learner.lay_out(words);

    // The most frequent pair on top. Counts of known pairs only fall, so an entry
    // is never too low; one that is too high is put back with its present count.
    using Entry = std::pair<int64_t, Pair>;
    const auto worse = [&](const Entry& a, const Entry& b) {
        if (a.first != b.first) return a.first < b.first;
        if (const int order = learner.bytes(a.second.first).compare(learner.bytes(b.second.first)))
            return order > 0;
        return learner.bytes(a.second.second) > learner.bytes(b.second.second);
    };
    std::priority_queue<Entry, std::vector<Entry>, decltype(worse)> heap(worse);
    for (const auto& [pair, seen] : learner.pairs) heap.emplace(seen.count, pair);

    std::vector<Merge> merges;
    while (static_cast<int>(merges.size()) < vocabulary - needed && !heap.empty()) {
        const auto [count, pair] = heap.top();
        heap.pop();
        const auto found = learner.pairs.find(pair);
        const int64_t now = found == learner.pairs.end() ? 0 : found->second.count;
        if (now < 2) continue;
        if (now != count) {
            heap.emplace(now, pair);
            continue;
        }
        const int product = static_cast<int>(learner.tokens.size());
        learner.tokens.push_back(learner.bytes(pair.first) + learner.bytes(pair.second));
        merges.push_back({pair.first, pair.second, product});
        std::vector<Pair> born = learner.merge(pair, product);
        std::sort(born.begin(), born.end());
        born.erase(std::unique(born.begin(), born.end()), born.end());
        for (const Pair& each : born) heap.emplace(learner.pairs[each].count, each);
    }

    std::vector<std::string> tokens = std::move(learner.tokens);
    std::vector<int> specials;
    for (const std::string_view name : kSpecialTokens) {
        specials.push_back(static_cast<int>(tokens.size()));
        tokens.emplace_back(name);
    }
    return Tokenizer(std::move(tokens), std::move(merges), std::move(specials), {words.digits});
}

} // namespace qstar::tokenizer
