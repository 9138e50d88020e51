#include "train/data/worlds/countdown/countdown_class.h"

#include "engine/base/error.h"
#include "search/worlds/countdown/countdown_solver.h"

#include <algorithm>
#include <cstdlib>

namespace qstar::train {

using search::Move;
using search::Rational;
using Numbers = std::vector<Rational>;

namespace {

constexpr size_t kListed = 4; // hands up to this size are listed, larger ones searched

const std::vector<Pupil> others_of_countdown = {
    {"nearest", short_sighted, 0.1, 0},           {"guesser", aimless, 0.1, 0},
    {"reuser", short_sighted | reuses, 0.1, 0},   {"miscounter", miscounts, 0.1, 0.25},
    {"beginner", short_sighted | claims, 0.6, 0},
};

constexpr int64_t kGameOf24 = 24; // no training problem has this target

bool whole(const Numbers& numbers) {
    return std::all_of(numbers.begin(), numbers.end(),
                       [](Rational number) { return number.is_integer(); });
}

double distance(Rational a, Rational b) {
    const double x = static_cast<double>(a.num) / static_cast<double>(a.den);
    const double y = static_cast<double>(b.num) / static_cast<double>(b.den);
    return std::abs(x - y);
}

Numbers with(Numbers numbers, Rational number) {
    numbers.insert(std::upper_bound(numbers.begin(), numbers.end(), number), number);
    return numbers;
}

} // namespace

// The ways through a hand by what they reach: each is the index of a move in moves() of
// the numbers at that point.
struct CountdownClass::Hand {
    struct Ways {
        std::vector<std::vector<uint8_t>> whole, fractional; // without fractions, with
    };
    std::map<int64_t, Ways> by_target;
    std::vector<int64_t> targets; // in the range of the configuration

    void list(const Numbers& numbers, std::vector<uint8_t>& way, bool is_whole) {
        if (numbers.size() == 1) {
            if (!numbers.front().is_integer()) return;
            Ways& ways = by_target[numbers.front().num];
            (is_whole ? ways.whole : ways.fractional).push_back(way);
            return;
        }
        const std::vector<Move> all = search::moves(numbers);
        for (size_t i = 0; i < all.size(); ++i) {
            const Numbers left = *search::after(numbers, all[i]);
            way.push_back(static_cast<uint8_t>(i));
            list(left, way, is_whole && whole(left));
            way.pop_back();
        }
    }
};

CountdownClass::CountdownClass(CountdownConfig config) : config_(config) { check(config_); }
CountdownClass::~CountdownClass() = default;

void check(const CountdownConfig& config) {
    if (config.count < 2 || config.count > 6)
        fail("countdown: expected 2 to 6 numbers, found {}", config.count);
    if (config.low < 1 || config.high < config.low || config.high > 1000)
        fail("countdown: expected numbers in a range within 1 to 1000, found {} to {}", config.low,
             config.high);
    if (config.from < 1 || config.to < config.from || config.to > 100'000)
        fail("countdown: expected targets in a range within 1 to 100000, found {} to {}",
             config.from, config.to);
}

std::vector<Pupil> countdown_class(double experts) {
    return class_of(experts, others_of_countdown);
}

std::string hand_key(std::string_view line) {
    if (has_letter(line) || line.find(' ') == std::string_view::npos) return "";
    try {
        const size_t equals = line.find('=');
        search::Hand hand;
        if (equals == std::string_view::npos) {
            hand = search::parse_hand(line);
        } else {
            const size_t list = line.find(' ', equals);
            if (list == std::string_view::npos) return "";
            hand = search::parse_hand(std::string(line.substr(list)) + " 0");
        }
        if (hand.numbers.size() < 4) return "";
        const std::string whole = print(hand);
        return whole.substr(0, whole.rfind(' '));
    } catch (const Error&) {
        return "";
    }
}

const CountdownClass::Hand& CountdownClass::hand_of(const Numbers& numbers) {
    std::unique_ptr<Hand>& hand = known_[numbers];
    if (hand) return *hand;
    hand = std::make_unique<Hand>();
    std::vector<uint8_t> way;
    hand->list(numbers, way, true);
    for (const auto& [target, ways] : hand->by_target)
        if (target >= config_.from && target <= config_.to && target != kGameOf24)
            hand->targets.push_back(target);
    return *hand;
}

std::string CountdownClass::draw_problem(Split split, Random& random) {
    const auto count = static_cast<size_t>(config_.count);
    const auto range = static_cast<uint64_t>(config_.high - config_.low + 1);
    for (int tries = 0; tries < 100'000; ++tries) {
        Numbers numbers;
        for (size_t i = 0; i < count; ++i)
            numbers = with(
                numbers, search::rational(config_.low + static_cast<int64_t>(random.below(range))));
        if (side_of(hand_key(print(search::Hand{numbers, search::rational(0)}))) != split) continue;
        if (count <= kListed) {
            const Hand& hand = hand_of(numbers);
            if (hand.targets.empty()) continue;
            const int64_t target = hand.targets[random.below(hand.targets.size())];
            return print(search::Hand{numbers, search::rational(target)});
        }
        // Larger hands: where some moves lead.
        Numbers left = numbers;
        while (left.size() > 1) {
            const std::vector<Move> all = search::moves(left);
            left = *search::after(left, all[random.below(all.size())]);
        }
        const Rational target = left.front();
        if (target.is_integer() && target.num >= config_.from && target.num <= config_.to &&
            target.num != kGameOf24)
            return print(search::Hand{numbers, target});
    }
    fail("countdown: found no problem of {} numbers from {} to {} with a target from {} to {} on "
         "the {} side",
         config_.count, config_.low, config_.high, config_.from, config_.to, name_of(split));
}

// Every solution without fractions is equally likely, or of those with if there is no other.
std::vector<std::string> CountdownClass::expert(const search::Hand& problem, Random& random) {
    Numbers left = problem.numbers;
    std::vector<std::string> lines;
    const auto write = [&](const Move& move) {
        left = *search::after(left, move);
        lines.push_back(print(move, left));
    };
    if (left.size() <= kListed && problem.target.is_integer()) {
        const Hand& hand = hand_of(left);
        const auto ways = hand.by_target.find(problem.target.num);
        if (ways == hand.by_target.end()) fail("\"{}\" has no solution", print(problem));
        const auto& choice =
            ways->second.whole.empty() ? ways->second.fractional : ways->second.whole;
        for (const uint8_t i : choice[random.below(choice.size())]) write(search::moves(left)[i]);
        return lines;
    }
    search::CountdownSolver solver(problem.target);
    while (left.size() > 1) {
        std::vector<Move> good = solver.good_moves(left), plain = good;
        if (good.empty()) fail("\"{}\" has no solution", print(problem));
        std::erase_if(plain, [](const Move& move) { return !move.result.is_integer(); });
        const std::vector<Move>& choice = plain.empty() ? good : plain;
        write(choice[random.below(choice.size())]);
    }
    return lines;
}

std::vector<std::string> CountdownClass::solve(const Pupil& pupil, const std::string& problem,
                                               Random& random) {
    const search::Hand hand = search::parse_hand(problem);
    if (hand.numbers.size() == 1) return {text(hand.target)};
    if (!(pupil.habits & (short_sighted | aimless)) && !(pupil.habits & miscounts))
        return expert(hand, random);
    std::vector<std::string> lines;
    if (pupil.habits & miscounts) {
        // An expert's plan, carried out badly: from the first mistake on he goes on with
        // what he has, as well as he can see.
        lines = expert(hand, random);
        Numbers left = hand.numbers;
        for (size_t i = 0; i < lines.size(); ++i) {
            Move move = *search::read_step(lines[i], left);
            if (random.uniform() >= pupil.rate) {
                left = *search::after(left, move);
                continue;
            }
            const Numbers before = *search::after(left, move);
            Numbers wrong = before;
            wrong.erase(std::find(wrong.begin(), wrong.end(), move.result));
            move.result = move.result + search::rational(off_by(random));
            wrong = with(wrong, move.result);
            lines.resize(i);
            lines.push_back(print(move, wrong));
            const Pupil rest{"", short_sighted, 0, 0};
            if (wrong.size() > 1)
                for (const std::string& line :
                     solve(rest, print(search::Hand{wrong, hand.target}), random))
                    lines.push_back(line);
            return lines;
        }
        return lines;
    }
    Numbers left = hand.numbers;
    while (left.size() > 1) {
        const std::vector<Move> all = search::moves(left);
        Move move = all[random.below(all.size())];
        if (pupil.habits & short_sighted)
            move = *std::min_element(all.begin(), all.end(), [&](const Move& a, const Move& b) {
                return distance(a.result, hand.target) < distance(b.result, hand.target);
            });
        left = *search::after(left, move);
        const bool again = pupil.habits & reuses && lines.empty() && left.size() > 1;
        if (again) { // the number is not struck out, another one is forgotten
            left.erase(std::find(left.begin(), left.end(), move.result));
            left.pop_back();
            left = with(with(left, move.result), std::max(move.left, move.right));
        }
        if (left.size() == 1 && pupil.habits & claims) {
            move.result = hand.target;
            left = {hand.target};
        }
        lines.push_back(print(move, left));
    }
    return lines;
}

} // namespace qstar::train
