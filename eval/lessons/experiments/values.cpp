#include "eval/lessons/experiments/values.h"

#include "engine/base/error.h"
#include "engine/text/real.h"

#include <fmt/core.h>
#include <utility>

namespace qstar::eval::lessons {

std::string written(double value, int decimals) {
    if (decimals < 0) {
        std::string text = fmt::format("{:.{}e}", value, -decimals - 1);
        if (const size_t zero = text.find("e-0"); zero != text.npos) text.erase(zero + 2, 1);
        return text;
    }
    std::string text = fmt::format("{:.{}f}", value, decimals);
    if (text.starts_with('-') && text.find_first_not_of("-0.") == text.npos) text.erase(0, 1);
    return text;
}

double rounded(double value, int decimals) {
    double back = value;
    read_real(written(value, decimals), back);
    return back;
}

int decimals_in(double value) {
    int decimals = 0;
    while (decimals < 6 && rounded(value, decimals) != value) ++decimals;
    return decimals;
}

int decimals_of(double probability) {
    if (probability > 0 && probability < 1e-4) return -3;
    int decimals = 3;
    for (double p = probability; p > 0 && p < 0.1 && decimals < 7; p *= 10) ++decimals;
    return decimals;
}

void Values::set(const std::string& name, double value, int decimals) {
    all_[name] = Quantity{value, decimals};
}
void Values::set(const std::string& name, std::string text) { all_[name] = std::move(text); }
void Values::set(const std::string& name, Grid grid) { all_[name] = std::move(grid); }
void Values::set(const std::string& name, Plot plot) { all_[name] = std::move(plot); }

const Value* Values::find(const std::string& name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? nullptr : &found->second;
}

const Value& Values::at(const std::string& name) const {
    const Value* const found = find(name);
    if (found == nullptr) fail("a lesson's text names \"{}\", which its experiment lacks", name);
    return *found;
}

double Values::number(const std::string& name) const {
    const auto* const quantity = std::get_if<Quantity>(&at(name));
    if (quantity == nullptr) fail("a lesson's text takes \"{}\" for a number", name);
    return quantity->value;
}

std::string Values::text(const std::string& name) const {
    const Value& value = at(name);
    if (const auto* quantity = std::get_if<Quantity>(&value))
        return written(quantity->value, quantity->decimals);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    fail("a lesson's text has \"{}\" within a sentence, but it is a table or a plot", name);
}

} // namespace qstar::eval::lessons
