#include "search/problem/space.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

namespace qstar::search {

State scramble(const Space& space, int64_t moves, Random& random, int* undo_last) {
    State state = space.goal();
    const auto actions = static_cast<uint64_t>(space.actions());
    int undo = -1;
    for (int64_t i = 0; i < moves; ++i) {
        int action = static_cast<int>(random.below(actions));
        while (!space.legal(state.data(), action) || (action == undo && actions > 1))
            action = (action + 1) % space.actions();
        space.apply(state.data(), action);
        undo = space.inverse(action);
    }
    if (undo_last != nullptr) *undo_last = undo;
    return state;
}

int Space::canonical_image(const uint8_t* state) const {
    State least(state_bytes()), image(state_bytes());
    int best = 0;
    write_image(state, 0, least.data());
    for (int i = 1; i < images(); ++i) {
        write_image(state, i, image.data());
        if (image >= least) continue;
        least.swap(image);
        best = i;
    }
    return best;
}

std::optional<int> action_named(const Space& space, const State& state, std::string_view name) {
    for (int action = 0; action < space.actions(); ++action)
        if (space.legal(state.data(), action) && space.action_name(state.data(), action) == name)
            return action;
    return std::nullopt;
}

namespace {

std::string an_action(const Space& space, const State& state) {
    int action = 0;
    while (!space.legal(state.data(), action)) ++action;
    return space.action_name(state.data(), action);
}

} // namespace

State scrambled_by(const Space& space, std::string_view steps) {
    State state = space.goal();
    for (size_t at = 0; at < steps.size();) {
        const size_t end = std::min(steps.find(' ', at), steps.size());
        const std::string_view word = steps.substr(at, end - at);
        at = end + 1;
        if (word.empty()) continue;
        std::optional<int> action = action_named(space, state, word);
        int64_t times = 1;
        if (!action && word.back() == '2' && (word.front() < '0' || word.front() > '9')) {
            action = action_named(space, state, word.substr(0, word.size() - 1));
            times = 2;
        }
        if (!action)
            fail("expected a step that {} allows here, such as {}, found \"{}\"", space.name(),
                 an_action(space, state), word.substr(0, 40));
        for (; times > 0; --times) space.apply(state.data(), *action);
    }
    return state;
}

Children children_of(const Space& space, std::span<const uint8_t> states) {
    const size_t bytes = space.state_bytes();
    const auto n = static_cast<int64_t>(states.size() / bytes);
    const auto state = [&](int64_t i) { return states.data() + static_cast<size_t>(i) * bytes; };

    // Where the children of each state begin: threads can then write them side by side.
    std::vector<int64_t> first(static_cast<size_t>(n) + 1, 0);
    engine::parallel_for(n, 256, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
            for (int action = 0; action < space.actions(); ++action)
                first[static_cast<size_t>(i) + 1] += space.legal(state(i), action);
    });
    std::partial_sum(first.begin(), first.end(), first.begin());

    const auto count = static_cast<size_t>(first.back());
    Children children{std::vector<uint8_t>(count * bytes), std::vector<int64_t>(count),
                      std::vector<int>(count)};
    engine::parallel_for(n, 256, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            auto at = static_cast<size_t>(first[static_cast<size_t>(i)]);
            for (int action = 0; action < space.actions(); ++action) {
                if (!space.legal(state(i), action)) continue;
                uint8_t* child = children.states.data() + at * bytes;
                std::copy_n(state(i), bytes, child);
                space.apply(child, action);
                children.parent[at] = i;
                children.action[at++] = action;
            }
        }
    });
    return children;
}

bool separates_numbers(char c) {
    return std::string_view(" ,;\t\r[]").find(c) != std::string::npos;
}

std::vector<int> read_numbers(std::string_view line, size_t count, int limit) {
    std::vector<int> numbers;
    for (size_t at = 0; at < line.size();) {
        if (separates_numbers(line[at])) {
            ++at;
            continue;
        }
        size_t end = at;
        while (end < line.size() && !separates_numbers(line[end])) ++end;
        const std::string_view word = line.substr(at, end - at);
        int value = 0;
        const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc() || last != word.data() + word.size() || value < 0 ||
            value >= limit)
            fail("expected a number from 0 to {}, found \"{}\"", limit - 1, word.substr(0, 40));
        numbers.push_back(value);
        at = end;
    }
    if (numbers.size() != count) fail("expected {} numbers, found {}", count, numbers.size());
    return numbers;
}

std::string numbers_text(const uint8_t* numbers, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
        if (i > 0) text += ' ';
        text += std::to_string(numbers[i]);
    }
    return text;
}

} // namespace qstar::search
