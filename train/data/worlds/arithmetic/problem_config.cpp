#include "train/data/worlds/arithmetic/problem_config.h"

#include "engine/base/error.h"
#include "engine/base/range.h"

namespace qstar::train {

namespace {

double weight_of(const ProblemConfig& config, int operands) {
    const auto i = static_cast<size_t>(operands - 2);
    return i < config.weights.size() ? config.weights[i] : config.weights.back();
}

} // namespace

int draw_operands(const ProblemConfig& config, Random& random) {
    double total = 0;
    for (int n = config.min_operands; n <= config.max_operands; ++n) total += weight_of(config, n);
    double left = random.uniform() * total;
    for (int n = config.min_operands; n < config.max_operands; ++n) {
        left -= weight_of(config, n);
        if (left < 0) return n;
    }
    return config.max_operands;
}

void check(const ProblemConfig& config) {
    check_range("low", config.low, 0, 1000);
    check_range("high", config.high, config.low, 1000);
    check_range("min-operands", config.min_operands, 2, 8);
    check_range("max-operands", config.max_operands, config.min_operands, 8);
    if (config.operators.empty() || config.operators.find_first_not_of("+-*") != std::string::npos)
        fail("--operators must be some of + - *, found \"{}\"", config.operators);
    check_choice("form", config.form,
                 {"plain", "add_sub_multiple", "mul_div_multiple", "mixed", "deepmind"});
    check_range("brackets", config.brackets, 0, 1);
    check_range("bound", config.bound, config.low, 1'000'000);
    if (config.weights.empty()) fail("--weights: expected at least one, found none");
    double total = 0;
    for (const double weight : config.weights) check_range("weights", weight, 0);
    for (int n = config.min_operands; n <= config.max_operands; ++n) total += weight_of(config, n);
    if (total <= 0)
        fail("--weights: those of {} to {} operands are all zero", config.min_operands,
             config.max_operands);
}

} // namespace qstar::train
