#include "search/worlds/words/annotations.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/expression.h"
#include "search/worlds/text/number_text.h"

#include <algorithm>
#include <array>
#include <string>

namespace qstar::search {

namespace {

std::optional<Expression> expression_of(std::string_view text) {
    const std::optional<std::string> plain = plain_expression(text);
    if (!plain) return {};
    try {
        return parse_expression(*plain);
    } catch (const Error&) {
        return {};
    }
}

std::optional<Rational> value_of_expression(std::string_view text) {
    const std::optional<Expression> expression = expression_of(text);
    try {
        return expression ? std::optional(evaluate(*expression)) : std::nullopt;
    } catch (const Error&) { // division by zero, overflow
        return {};
    }
}

std::vector<Rational> numbers_of(const Expression& expression) {
    std::vector<Rational> numbers;
    for (const ExpressionNode& node : expression.nodes) {
        if (node.kind != Kind::number) continue;
        if (node.value.is_integer()) {
            numbers.push_back(node.value);
        } else {
            numbers.push_back(rational(node.value.num));
            numbers.push_back(rational(node.value.den));
        }
    }
    return numbers;
}

// Does a sentence go on into the expression that follows it, "60 x" into "60/100"?
bool goes_on(std::string_view sentence) {
    if (sentence.empty()) return false;
    const std::string_view word = sentence.substr(sentence.find_last_of(' ') + 1);
    constexpr std::array<std::string_view, 9> kOperators = {
        "x", "X", "of", "times", "plus", "minus", "less", "over", "by"};
    if (std::find(kOperators.begin(), kOperators.end(), word) != kOperators.end()) return true;
    const auto letter = [&](size_t from_end) {
        if (word.size() < from_end) return false;
        const char low = static_cast<char>(word[word.size() - from_end] | 0x20);
        return low >= 'a' && low <= 'z';
    };
    return !letter(1) && !(letter(2) && std::string_view(".,;:").find(word.back()) != word.npos);
}

// The expression before "=" that the text before an annotation ends in, where it is one in
// digits and signs alone.
std::string_view stated(std::string_view before) {
    before = trim_blanks(before);
    if (before.ends_with('$')) before = trim_blanks(before.substr(0, before.size() - 1));
    if (!before.ends_with('=')) return {};
    before = trim_blanks(before.substr(0, before.size() - 1));
    before.remove_prefix(before.find_last_of("=>") + 1);   // a chain, or behind another annotation
    if (before.starts_with("- ")) before.remove_prefix(2); // of a list
    constexpr std::string_view kSigns = "0123456789.,+-*/()$";
    const auto calculates = [](std::string_view text) {
        return text.find_first_of("+-*/", 1) != text.npos;
    };
    const size_t foreign = before.find_last_not_of(kSigns);
    if (before.find_first_not_of("0123456789.,+-*/()$ ") == before.npos)
        return calculates(before) ? before : std::string_view{};
    if (before[foreign] != ' ') return {};
    const std::string_view word = before.substr(foreign + 1);
    return calculates(word) && !goes_on(trim_blanks(before.substr(0, foreign)))
               ? word
               : std::string_view{};
}

bool contradicted_before(std::string_view before, const WrittenNumber& result) {
    const std::string_view expression = stated(before);
    if (expression.empty()) return false;
    const std::optional<Rational> value = value_of_expression(expression);
    return value && !written_as(*value, result);
}

// Is the number that follows another one? "15" and "15/2=" both begin with 15.
bool contradicted_behind(std::string_view behind, const WrittenNumber& result) {
    if (!begins_number(behind)) return false;
    for (const bool fraction : {false, true}) {
        const std::optional<WrittenNumber> copy = leading_number(behind, fraction);
        if (copy && copy->value == result.value) return false;
    }
    return true;
}

} // namespace

std::optional<std::vector<Annotation>> read_annotations(std::string_view line) {
    std::vector<Annotation> all;
    for (size_t at = line.find("<<"); at != line.npos; at = line.find("<<", at)) {
        const size_t end = line.find(">>", at);
        if (end == line.npos) return {};
        const std::string_view inner = line.substr(at + 2, end - at - 2);
        const size_t equals = inner.rfind('=');
        if (equals == inner.npos) return {};
        const std::optional<Expression> left = expression_of(inner.substr(0, equals));
        const std::optional<WrittenNumber> right = read_number(inner.substr(equals + 1));
        const std::optional<Rational> value = value_of_expression(inner.substr(0, equals));
        if (!left || !right || !value || !written_as(*value, *right)) return {};
        if (contradicted_before(line.substr(0, at), *right)) return {};
        if (contradicted_behind(line.substr(end + 2), *right)) return {};
        all.push_back({numbers_of(*left), right->value});
        at = end + 2;
    }
    return all;
}

std::optional<std::string> calculated(std::string_view line) {
    if (!line.ends_with('=')) return {};
    const size_t open = line.rfind("<<");
    if (open == line.npos || line.find(">>", open) != line.npos) return {};
    const std::string_view expression = line.substr(open + 2, line.size() - open - 3);
    if (expression.find('=') != expression.npos) return {};
    const std::optional<Rational> value = value_of_expression(expression);
    if (!value) return {};
    return decimal_text(*value) + ">>";
}

} // namespace qstar::search
