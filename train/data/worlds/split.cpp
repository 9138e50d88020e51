#include "train/data/worlds/split.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "search/worlds/arithmetic/expression.h"
#include "search/worlds/countdown/countdown.h"
#include "search/worlds/equations/equation.h"

#include <algorithm>

namespace qstar::train {

std::string_view name_of(Split split) {
    return split == Split::train ? "train" : split == Split::dev ? "dev" : "test";
}

Split held_out_split(std::string_view name) {
    if (name == "test") return Split::test;
    if (name == "dev") return Split::dev;
    fail("--split: expected test or dev, found \"{}\"", name);
}

namespace {

// Two spellings of one expression ("(3*4)+2", "3*4+2") have one canonical text.
// Empty for text that is no expression and for fewer than two operators.
std::string canonical_expression(std::string_view text) {
    try {
        const search::Expression expression = search::parse_expression(text);
        return search::operations(expression) < 2 ? "" : search::print(expression);
    } catch (const Error&) {
        return "";
    }
}

// The numbers of a hand, "1 5 8 11" of "1 5 8 11 24"; or those that a step leaves, after
// "=". Empty for fewer than four.
std::string canonical_numbers(std::string_view text) {
    try {
        const size_t equals = text.find('=');
        search::Hand hand;
        if (equals == std::string_view::npos) {
            hand = search::parse_hand(text);
        } else {
            const size_t list = text.find(' ', equals);
            if (list == std::string_view::npos) return "";
            hand = search::parse_hand(std::string(text.substr(list)) + " 0");
        }
        if (hand.numbers.size() < 4) return "";
        const std::string whole = print(hand);
        return whole.substr(0, whole.rfind(' '));
    } catch (const Error&) {
        return "";
    }
}

// Empty for what is no equation and for fewer than three terms.
std::string canonical_equation(std::string_view text) {
    try {
        search::Equation equation = search::parse_equation(text);
        if (equation.left.size() + equation.right.size() < 3) return "";
        equation.unknown = 'x'; // another letter makes no other equation
        return print(equation);
    } catch (const Error&) {
        return "";
    }
}

// What a line cannot be is seen by its characters: a parser's refusal is slow, and this is
// asked of every line of a corpus.
std::string canonical(std::string_view text) {
    if (text.ends_with('?')) return std::string(text); // a question in words
    const bool equals = text.find('=') != std::string_view::npos;
    const bool letter = std::any_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    std::string form;
    if (!equals && !letter) form = canonical_expression(text);
    if (form.empty() && equals && letter) form = canonical_equation(text);
    if (form.empty() && !letter && text.find(' ') != std::string_view::npos)
        form = canonical_numbers(text);
    return form;
}

} // namespace

Split split_of(std::string_view line) {
    const std::string text = canonical(line);
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
