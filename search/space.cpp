#include "search/space.h"

#include "engine/error.h"

#include <charconv>

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

std::vector<int> read_numbers(std::string_view line, size_t count, int limit) {
    std::vector<int> numbers;
    const auto separates = [](char c) { return c == ' ' || c == ',' || c == '\t' || c == '\r'; };
    for (size_t at = 0; at < line.size();) {
        if (separates(line[at])) {
            ++at;
            continue;
        }
        size_t end = at;
        while (end < line.size() && !separates(line[end])) ++end;
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
