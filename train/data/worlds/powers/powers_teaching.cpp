#include "train/data/worlds/powers/powers_teaching.h"

#include "engine/base/error.h"
#include "search/worlds/powers/powers.h"
#include "train/data/class/draw.h"

#include <algorithm>
#include <optional>

namespace qstar::train {

namespace {

const std::vector<Pupil> others_of_powers = {
    {"doubler", doubles, 0.1, 0},
    {"forgetter", forgets_factor, 0.1, 0},
    {"multiplier", multiplies, 0.1, 0},
    {"slipper", misreckons, 0.1, 0.2},
    {"beginner", doubles | forgets_factor, 0.6, 0},
};

std::string power_key(std::string_view line) {
    const std::optional<search::Power> power = search::read_power(line);
    return power && !power->factor && power->base > 9 ? print(*power) : "";
}

} // namespace

std::unique_ptr<Teaching> PowersTeaching::copy() const {
    return std::make_unique<PowersTeaching>(*this);
}

void PowersTeaching::describe(Flags& f) {
    f.number("base", base, 10, 1'000'000, "largest base");
    f.number("exponent", exponent, 2, 1000, "largest exponent");
    f.number("warm-exponent", warm_exponent, 2, 1000, "of the first, short problems at most");
}

ProblemSource PowersTeaching::source(double experts, bool warm) const {
    const int64_t bases = base - 1, high = warm ? std::min(exponent, warm_exponent) : exponent;
    ProblemSource source;
    source.pupils = class_of(experts, others_of_powers);
    source.draw = on_side(
        world(),
        [bases, high](Random& random) {
            search::Power power;
            power.base = 2 + static_cast<int64_t>(random.below(static_cast<uint64_t>(bases)));
            power.exponent =
                2 + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - 1)));
            return print(power);
        },
        power_key);
    source.solve = solve_power;
    return source;
}

std::string PowersTeaching::split_key(std::string_view line) const { return power_key(line); }

std::vector<std::string> solve_power(const Pupil& pupil, const std::string& problem,
                                     Random& random) {
    if (pupil.habits == 0) return search::derive_power(problem);
    const std::optional<search::Power> asked = search::read_power(problem);
    if (!asked) fail("expected a power, found \"{}\"", problem.substr(0, 100));
    search::Power power = *asked;
    if (pupil.habits & multiplies)
        return {std::to_string(power.base % 10 * (power.exponent % 10) % 10)};
    const auto product = [&](int64_t a, int64_t b) {
        int64_t value = a * b;
        if (pupil.habits & misreckons && random.uniform() < pupil.rate) value += off_by(random);
        return (value + 10) % 10;
    };
    std::vector<std::string> lines;
    const auto write = [&] { lines.push_back(print(power)); };
    if (power.base > 9) {
        power.base %= 10;
        write();
    }
    while (power.exponent > 1) {
        if (power.exponent % 2 == 1) {
            if (!(pupil.habits & forgets_factor))
                power.factor = power.factor ? product(*power.factor, power.base) : power.base;
            --power.exponent;
        } else {
            power.base =
                pupil.habits & doubles ? power.base * 2 % 10 : product(power.base, power.base);
            power.exponent /= 2;
        }
        write();
    }
    lines.push_back(std::to_string(power.factor ? product(*power.factor, power.base) : power.base));
    return lines;
}

} // namespace qstar::train
