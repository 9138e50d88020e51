#include "train/split.h"

#include "engine/error.h"
#include "engine/random.h"
#include "search/worlds/expression.h"

namespace qstar::train {

std::string_view name_of(Split split) {
    return split == Split::train ? "train" : split == Split::dev ? "dev" : "test";
}

namespace {

// Two spellings of one expression ("(3*4)+2", "3*4+2") have one canonical text.
// Empty for text that is no expression and for fewer than two operators.
std::string canonical(std::string_view text) {
    try {
        const search::Expression expression = search::parse_expression(text);
        return search::operations(expression) < 2 ? "" : search::print(expression);
    } catch (const Error&) {
        return "";
    }
}

} // namespace

Split split_of(std::string_view expression) {
    const std::string text = canonical(expression);
    if (text.empty()) return Split::train;
    // FNV's high bits hardly depend on the last characters: mix before taking four.
    uint64_t hash = hash_name(text);
    hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15u;
    switch (hash >> 60) {
    case 0:
        return Split::dev;
    case 1:
        return Split::test;
    default:
        return Split::train;
    }
}

bool any_held_out(std::span<const std::string> lines) {
    for (const std::string& line : lines)
        if (held_out(line)) return true;
    return false;
}

} // namespace qstar::train
