#include "train/data/worlds/countdown/countdown_search.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

using search::Kind;
using search::Move;
using search::Rational;
using Numbers = std::vector<Rational>;

namespace {

constexpr int64_t kLargest = 100; // number that he writes

// Two numbers: the move that makes the target.
std::optional<Move> last_move(const Numbers& two, Rational target) {
    for (const KnownMove& known : plain_moves(two))
        if (known.move.result == target) return known.move;
    return {};
}

// Two numbers that do not make it: the move that comes nearest, if there is one.
std::optional<Move> near_miss(const Numbers& two, Rational target) {
    const auto off = [&](const KnownMove& known) {
        return std::llabs(known.move.result.num - target.num);
    };
    const std::vector<KnownMove> all = plain_moves(two);
    const auto best =
        std::min_element(all.begin(), all.end(),
                         [&](const KnownMove& a, const KnownMove& b) { return off(a) < off(b); });
    return best == all.end() ? std::nullopt : std::optional(best->move);
}

// Three numbers: the first of their moves after which two numbers make the target, or how many
// there are.
size_t leads_on(const Numbers& three, const std::vector<KnownMove>& all, Rational target) {
    size_t i = 0;
    while (i < all.size() && !last_move(*search::after(three, all[i].move), target)) ++i;
    return i;
}

// Characters, and <|endoftext|>, <|problem|> and the mark behind each line.
int64_t length(const std::string& problem, std::span<const std::string> lines) {
    size_t sum = problem.size() + 3;
    for (const std::string& line : lines) sum += line.size() + 1;
    return static_cast<int64_t>(sum);
}

bool leads_on(const Numbers& three, Rational target) {
    const std::vector<KnownMove> all = plain_moves(three);
    return leads_on(three, all, target) < all.size();
}

} // namespace

std::vector<KnownMove> plain_moves(const Numbers& numbers) {
    std::vector<KnownMove> out;
    std::set<std::pair<int64_t, int64_t>> seen;
    const auto n = static_cast<int>(numbers.size());
    for (int i = n - 1; i > 0; --i)
        for (int j = i - 1; j >= 0; --j) {
            const Rational a = numbers[static_cast<size_t>(i)], b = numbers[static_cast<size_t>(j)];
            if (!seen.insert({a.num, b.num}).second) continue;
            const auto offer = [&](Kind kind, int64_t result) {
                if (result < 1 || result > kLargest) return;
                const MoveKind known = (i * n + j) * 8 + static_cast<int>(kind);
                out.push_back({known, {a, kind, b, search::rational(result)}});
            };
            offer(Kind::add, a.num + b.num);
            offer(Kind::subtract, a.num - b.num);
            offer(Kind::multiply, a.num * b.num);
            if (b.num > 1 && a.num % b.num == 0) offer(Kind::divide, a.num / b.num);
        }
    return out;
}

std::vector<MoveKind> SearchPupil::experience(std::span<const std::string> problems) {
    std::vector<std::set<MoveKind>> open; // of each problem, the kinds that lead on
    for (const std::string& problem : problems) {
        const search::Hand hand = search::parse_hand(problem);
        open.emplace_back();
        for (const KnownMove& known : plain_moves(hand.numbers))
            if (leads_on(*search::after(hand.numbers, known.move), hand.target))
                open.back().insert(known.kind);
    }
    std::vector<MoveKind> order;
    while (true) {
        std::erase_if(open, [](const auto& kinds) { return kinds.empty(); });
        std::map<MoveKind, int> count;
        for (const auto& kinds : open)
            for (const MoveKind kind : kinds) ++count[kind];
        if (count.empty()) return order;
        const auto best =
            std::max_element(count.begin(), count.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        order.push_back(best->first);
        std::erase_if(open, [&](const auto& kinds) { return kinds.contains(best->first); });
    }
}

std::vector<Pupil> search_class() { return {{"searcher", 0, 0.5, 0}, {"hopeful", hopes, 0.5, 1}}; }

std::vector<std::string> SearchPupil::solve(const Pupil& pupil, const std::string& problem,
                                            Random& random) const {
    const search::Hand hand = search::parse_hand(problem);
    if (hand.numbers.size() != 3 && hand.numbers.size() != 4)
        fail("searching aloud: expected a problem of 3 or 4 numbers, found \"{}\"", problem);
    const double tries = pupil.habits & hopes ? pupil.rate : 0;
    const double gives_up = pupil.habits & hopes ? 0 : pupil.rate;
    std::vector<std::string> lines;
    const auto write = [&](const Move& move, const Numbers& from) {
        const Numbers left = *search::after(from, move);
        lines.push_back(print(move, left));
        return left;
    };

    // Step 2. Is it solved?
    const auto look = [&](const Numbers& three) {
        const std::vector<KnownMove> all = plain_moves(three);
        const size_t good = leads_on(three, all, hand.target);
        for (size_t i = 0; i < all.size(); ++i) {
            if (good == all.size() && random.uniform() < gives_up) return false;
            const Numbers two = write(all[i].move, three);
            if (i == good) {
                write(*last_move(two, hand.target), two);
                return true;
            }
            const std::optional<Move> miss = near_miss(two, hand.target);
            if (miss && random.uniform() < tries) write(*miss, two);
        }
        return false;
    };
    if (hand.numbers.size() == 3) {
        if (!leads_on(hand.numbers, hand.target)) return {};
        look(hand.numbers);
        return lines;
    }

    // Step 1. The first move, a guess.
    std::vector<KnownMove> good, bad;
    for (const KnownMove& known : plain_moves(hand.numbers))
        (leads_on(*search::after(hand.numbers, known.move), hand.target) ? good : bad)
            .push_back(known);
    if (good.empty()) return {};
    const bool right = bad.empty() || random.uniform() < texts.first_move_accuracy;
    const std::vector<KnownMove>& choice = right ? good : bad;
    const KnownMove first = choice[random.below(choice.size())];
    if (look(write(first.move, hand.numbers))) return lines;

    // Step 3. The others, as his experience has them.
    std::vector<KnownMove> all = good;
    all.insert(all.end(), bad.begin(), bad.end());
    std::erase_if(all, [&](const KnownMove& known) { return known.kind == first.kind; });
    for (const MoveKind kind : order) {
        const auto next = std::find_if(all.begin(), all.end(),
                                       [&](const KnownMove& known) { return known.kind == kind; });
        if (next == all.end() || !look(write(next->move, hand.numbers))) continue;
        if (length(problem, lines) <= texts.longest) return lines;
        break;
    }
    lines.clear();
    look(write(good[random.below(good.size())].move, hand.numbers));
    return lines;
}

} // namespace qstar::train
