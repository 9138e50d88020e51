#include "search/worlds/countdown/countdown_solver.h"

#include "engine/base/error.h"

#include <algorithm>

namespace qstar::search {

bool CountdownSolver::negative(const std::vector<Rational>& numbers) const {
    return target_.num < 0 || (!numbers.empty() && numbers.front().num < 0);
}

bool CountdownSolver::solvable(const std::vector<Rational>& numbers) {
    if (numbers.size() == 1) return numbers.front() == target_;
    const auto at = known_.find(numbers);
    if (at != known_.end()) return at->second;
    bool found = false;
    for (const Move& move : moves(numbers, negative(numbers)))
        if (solvable(*after(numbers, move))) {
            found = true;
            break;
        }
    return known_[numbers] = found;
}

std::vector<Move> CountdownSolver::good_moves(const std::vector<Rational>& numbers) {
    std::vector<Move> good = moves(numbers, negative(numbers));
    std::erase_if(good, [&](const Move& move) { return !solvable(*after(numbers, move)); });
    return good;
}

std::vector<std::string> derive_countdown(std::string_view problem) {
    const Hand hand = parse_hand(problem);
    CountdownSolver solver(hand.target);
    if (!solver.solvable(hand.numbers)) fail("\"{}\" has no solution", print(hand));
    std::vector<std::string> steps;
    std::vector<Rational> left = hand.numbers;
    if (left.size() == 1) steps.push_back(text(hand.target));
    while (left.size() > 1) {
        const std::vector<Move> good = solver.good_moves(left);
        const auto whole = std::find_if(good.begin(), good.end(),
                                        [](const Move& m) { return m.result.is_integer(); });
        const Move move = whole != good.end() ? *whole : good.front();
        left = *after(left, move);
        steps.push_back(print(move, left));
    }
    return steps;
}

} // namespace qstar::search
