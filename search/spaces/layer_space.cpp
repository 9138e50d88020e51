#include "search/spaces/layer_space.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/device/require_memory.h"
#include "search/spaces/node_table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/core.h>
#include <string>
#include <utility>
#include <vector>

namespace qstar::search {

namespace {

// States whose children are made, or which are rated, at once.
constexpr size_t kBeamPart = 8192;
constexpr size_t kStepBytes = sizeof(uint32_t) + sizeof(uint16_t); // of the past, a state
constexpr uint32_t kOfEarlierBeam = UINT32_MAX; // what stands for a place in the layer

// Slots of the table of hashes: at most three quarters full.
size_t slots_for(size_t states) { return std::bit_ceil(states + states / 3 + 1); }

size_t layer_most(const Space& puzzle, int64_t width) {
    return static_cast<size_t>(width) * static_cast<size_t>(puzzle.actions());
}

} // namespace

int64_t LayerSpace::memory(const Space& puzzle, int64_t width, bool by_q) {
    const auto beam = static_cast<size_t>(width);
    const size_t bytes = puzzle.state_bytes(), layer = layer_most(puzzle, width);
    const size_t actions = static_cast<size_t>(puzzle.actions());
    const size_t table = slots_for(layer + 2 * beam) * (sizeof(uint64_t) + sizeof(uint32_t));
    const size_t beams = beam * (2 * bytes + 2 * sizeof(uint64_t) + sizeof(Node));
    const size_t part = kBeamPart * (actions * sizeof(Child) + bytes +
                                     (by_q ? actions : size_t{1}) * sizeof(float));
    return static_cast<int64_t>(table + beams + layer * sizeof(Node) + part);
}

LayerSpace::LayerSpace(const Space& puzzle, Heuristic* heuristic, QFunction* q, const State& start,
                       const PuzzleOptions& options)
    : PuzzleAccount(puzzle, heuristic, q, options), states_(start), best_h_(INFINITY) {
    engine::require_memory(
        memory(puzzle, options.shared.width, q != nullptr),
        fmt::format("a beam of {} states of {}", options.shared.width, puzzle.name()),
        "a smaller --width takes less");
    solved_ = begun_ = puzzle.solved(start.data());
    parity_ = puzzle.distance_parity(start.data());
    hashes_.push_back(state_hash(start.data(), puzzle.state_bytes()));
}

std::string LayerSpace::name(const Node& node) const {
    const uint8_t* from = states_.data() + node.parent * puzzle_.state_bytes();
    State state(from, from + puzzle_.state_bytes());
    if (begun_) puzzle_.apply(state.data(), node.action);
    return puzzle_.text(state.data());
}

// The states of the beam that was chosen.
void LayerSpace::take_over(const std::vector<Node>& kept) {
    if (kept.front().h < best_h_ && begun_) {
        best_h_ = kept.front().h;
        best_depth_ = steps_.size() + 1;
        best_place_ = 0;
    }
    if (!std::exchange(begun_, true)) return; // the start
    const size_t bytes = puzzle_.state_bytes();
    made_.resize(kept.size() * bytes);
    earlier_.swap(hashes_);
    hashes_.resize(kept.size());
    Step step{std::vector<uint32_t>(kept.size()), std::vector<uint16_t>(kept.size())};
    engine::parallel_for(std::ssize(kept), 1024, [&](int64_t begin, int64_t end) {
        for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
            uint8_t* state = made_.data() + i * bytes;
            std::copy_n(states_.data() + kept[i].parent * bytes, bytes, state);
            puzzle_.apply(state, kept[i].action);
            hashes_[i] = state_hash(state, bytes);
            step.parent[i] = kept[i].parent;
            step.action[i] = kept[i].action;
        }
    });
    states_.swap(made_);
    steps_.push_back(std::move(step));
}

bool LayerSpace::settled(const std::vector<Node>& kept) const {
    if (options_.shorter_than == 0) return kept.empty();
    // The length of a way that ends at a child of `kept`, or at a child of theirs if ways of that
    // length have the wrong parity.
    int64_t length = std::ssize(steps_) + (begun_ ? 2 : 1);
    if (parity_ >= 0 && length % 2 != parity_) ++length;
    return kept.empty() || length >= options_.shorter_than;
}

size_t LayerSpace::slot_of(uint64_t hash) const {
    const size_t mask = keys_.size() - 1;
    size_t slot = static_cast<size_t>(hash) & mask;
    while (places_[slot] != 0 && keys_[slot] != hash) slot = (slot + 1) & mask;
    return slot;
}

void LayerSpace::remember(const std::vector<uint64_t>& beam) {
    for (const uint64_t hash : beam) {
        const size_t slot = slot_of(hash);
        keys_[slot] = hash;
        places_[slot] = kOfEarlierBeam;
    }
}

void LayerSpace::layer(const std::vector<Node>& kept, std::vector<Node>& next) {
    take_over(kept);
    result_.nodes += std::ssize(kept);
    const size_t bytes = puzzle_.state_bytes(), actions = static_cast<size_t>(puzzle_.actions());
    const size_t slots = slots_for(kept.size() * actions + hashes_.size() + earlier_.size());
    if (keys_.size() < slots) keys_.resize(slots);
    places_.assign(keys_.size(), 0);
    remember(earlier_);
    remember(hashes_);
    children_.resize(std::min(kept.size(), kBeamPart) * actions);
    for (size_t from = 0; from < kept.size() && !solved_; from += kBeamPart) {
        const size_t count = std::min(kBeamPart, kept.size() - from);
        const uint8_t* part = states_.data() + from * bytes;
        // Step 1: the hashes of all children, and what Q says of them, of as many as the budget
        // pays for.
        size_t rates = count;
        if (q_ != nullptr) {
            rates = paid(count);
            values_.resize(count * actions);
            if (rates > 0) q_->q_values(part, static_cast<int64_t>(rates), values_.data());
            result_.evaluations += static_cast<int64_t>(rates);
        }
        engine::parallel_for(static_cast<int64_t>(rates), 64, [&](int64_t begin, int64_t end) {
            State child(bytes);
            for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
                for (size_t a = 0; a < actions; ++a) {
                    Child& made = children_[i * actions + a];
                    const int action = static_cast<int>(a);
                    made.is_legal = puzzle_.legal(part + i * bytes, action);
                    if (!made.is_legal) continue;
                    std::copy_n(part + i * bytes, bytes, child.data());
                    puzzle_.apply(child.data(), action);
                    made.hash = state_hash(child.data(), bytes);
                    made.is_goal = puzzle_.solved(child.data());
                }
        });
        // Step 2: each different one once, by its best way.
        result_.expanded += static_cast<int64_t>(rates);
        for (size_t i = 0; i < rates * actions; ++i) {
            const Child& child = children_[i];
            if (!child.is_legal) continue;
            ++result_.generated;
            const Node node{q_ != nullptr ? values_[i] - 1 : 0,
                            static_cast<uint32_t>(from + i / actions),
                            static_cast<uint16_t>(i % actions)};
            if (child.is_goal) {
                solved_ = true;
                goal_ = node;
                return;
            }
            const size_t slot = slot_of(child.hash);
            uint32_t& place = places_[slot];
            if (place == kOfEarlierBeam) continue;
            if (place == 0) {
                keys_[slot] = child.hash;
                next.push_back(node);
                place = static_cast<uint32_t>(next.size());
            } else if (node.h < next[place - 1].h) {
                next[place - 1] = node;
            }
        }
    }
    if (q_ == nullptr) rate(next);
    const size_t history = static_cast<size_t>(result_.nodes) * kStepBytes;
    const size_t now = keys_.size() * (sizeof(uint64_t) + sizeof(uint32_t)) + states_.size() +
                       made_.size() + (hashes_.size() + earlier_.size()) * 8 +
                       (kept.capacity() + next.capacity()) * sizeof(Node) +
                       children_.size() * sizeof(Child) + history;
    result_.bytes = std::max(result_.bytes, static_cast<int64_t>(now));
}

// By the heuristic, as far as the budget goes; the others are dropped.
void LayerSpace::rate(std::vector<Node>& next) {
    const size_t bytes = puzzle_.state_bytes();
    next.resize(paid(next.size()));
    std::vector<uint8_t> made(std::min(next.size(), kBeamPart) * bytes);
    values_.resize(kBeamPart);
    for (size_t from = 0; from < next.size(); from += kBeamPart) {
        const size_t count = std::min(kBeamPart, next.size() - from);
        engine::parallel_for(static_cast<int64_t>(count), 256, [&](int64_t begin, int64_t end) {
            for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
                const Node& node = next[from + i];
                uint8_t* state = made.data() + i * bytes;
                std::copy_n(states_.data() + node.parent * bytes, bytes, state);
                puzzle_.apply(state, node.action);
            }
        });
        heuristic_->cost_to_go(made.data(), static_cast<int64_t>(count), values_.data());
        for (size_t i = 0; i < count; ++i) next[from + i].h = values_[i];
    }
    result_.evaluations += std::ssize(next);
}

void LayerSpace::chosen(const std::vector<Node>& kept) {
    if (solved_ || kept.empty() || !begun_ || kept.front().h >= best_h_) return;
    take_over(kept); // the last beam's best is the best of all
}

std::vector<int> LayerSpace::path(size_t depth, uint32_t place) const {
    std::vector<int> actions;
    for (size_t i = depth; i-- > 0;) {
        actions.push_back(steps_[i].action[place]);
        place = steps_[i].parent[place];
    }
    std::reverse(actions.begin(), actions.end());
    return actions;
}

PuzzleResult LayerSpace::finish() {
    if (solved_ && result_.expanded > 0) {
        result_.actions = path(steps_.size(), goal_.parent);
        result_.actions.push_back(goal_.action);
    } else if (!solved_) {
        result_.actions = path(best_depth_, best_place_);
    }
    if (solved_) result_.solutions.emplace_back(result_.expanded, std::ssize(result_.actions));
    if (solved_) result_.ended = "solved";
    result_.nodes = std::max<int64_t>(1, result_.nodes);
    return close(solved_);
}

} // namespace qstar::search
