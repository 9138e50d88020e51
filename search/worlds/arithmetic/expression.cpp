#include "search/worlds/arithmetic/expression.h"

#include "engine/base/error.h"
#include "search/worlds/text/scanner.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace qstar::search {

namespace {

constexpr size_t kMaxLength = 4096;
constexpr int kMaxDepth = 200;

// A node on top of the operands that end the list; what is a number becomes one.
int push_negate(Expression& e, int operand) {
    ExpressionNode& inner = e.nodes[static_cast<size_t>(operand)];
    if (inner.kind == Kind::number) {
        inner.value = -inner.value;
        return operand;
    }
    if (inner.kind == Kind::negate) { // --x is x; a negate ends the list
        const int bare = inner.left;
        e.nodes.pop_back();
        return bare;
    }
    e.nodes.push_back({Kind::negate, {}, operand, -1});
    return e.root();
}

// p/q in lowest terms, q > 1: a number, not a division.
bool is_fraction(Rational p, Rational q) {
    return p.is_integer() && q.is_integer() && q.num > 1 && std::gcd(p.num, q.num) == 1;
}

int push_binary(Expression& e, Kind kind, int left, int right) {
    const ExpressionNode& a = e[left];
    const ExpressionNode& b = e[right];
    if (kind == Kind::divide && a.kind == Kind::number && b.kind == Kind::number &&
        is_fraction(a.value, b.value)) {
        const Rational value = rational(a.value.num, b.value.num);
        e.nodes.resize(static_cast<size_t>(left));
        e.nodes.push_back({Kind::number, value, -1, -1});
        return e.root();
    }
    e.nodes.push_back({kind, {}, left, right});
    return e.root();
}

// Recursive descent:  sum = product {(+|-) product}   product = unary {(*|/) unary}
//                     unary = {-|+} (number | "(" sum ")")
struct Parser : Scanner {
    int depth = 0;
    Expression result;

    int sum() {
        int left = product();
        for (char c = peek(); c == '+' || c == '-'; c = peek()) {
            ++at;
            const int right = product();
            left = push_binary(result, c == '+' ? Kind::add : Kind::subtract, left, right);
        }
        return left;
    }

    int product() {
        int left = unary();
        for (char c = peek(); c == '*' || c == '/'; c = peek()) {
            ++at;
            const int right = unary();
            left = push_binary(result, c == '*' ? Kind::multiply : Kind::divide, left, right);
        }
        return left;
    }

    int unary() {
        const bool negative = sign();
        const char c = peek();
        int id = -1;
        if (c == '(') {
            if (++depth > kMaxDepth)
                fail("column {}: brackets are nested more than {} deep", at + 1, kMaxDepth);
            ++at;
            id = sum();
            if (peek() != ')') unexpected("')' or an operation");
            ++at;
            --depth;
        } else if (is_digit(c) || (c == '.' && at + 1 < text.size() && is_digit(text[at + 1]))) {
            id = number();
        } else {
            unexpected("a number or '('");
        }
        return negative ? push_negate(result, id) : id;
    }

    int number() {
        Rational value;
        int64_t scale = 1; // power of ten behind the point
        const Rational ten = rational(10);
        int64_t digits = 0;
        const auto digit = [&] {
            const Rational next = rational(digits) * ten + rational(text[at++] - '0');
            digits = next.num;
        };
        while (at < text.size() && is_digit(text[at])) digit();
        if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
            ++at;
            while (at < text.size() && is_digit(text[at])) {
                digit();
                scale = (rational(scale) * ten).num;
            }
        }
        value = rational(digits, scale);
        result.nodes.push_back({Kind::number, value, -1, -1});
        return result.root();
    }
};

int precedence(Kind kind) {
    switch (kind) {
    case Kind::add:
    case Kind::subtract:
        return 1;
    case Kind::multiply:
    case Kind::divide:
        return 2;
    default:
        return 3;
    }
}

char symbol(Kind kind) {
    switch (kind) {
    case Kind::add:
        return '+';
    case Kind::subtract:
    case Kind::negate:
        return '-';
    case Kind::multiply:
        return '*';
    default:
        return '/';
    }
}

// Does the operand `child` of `parent` stand in brackets?
bool bracketed(const Expression& e, const ExpressionNode& parent, int child) {
    const Kind kind = e[child].kind;
    if (kind == Kind::number) return false; // fractions: see print()
    if (parent.kind == Kind::negate) return true;
    const int own = precedence(kind), outer = precedence(parent.kind);
    return own < outer || (own == outer && child == parent.right);
}

void append_tokens(const Expression& e, int id, std::vector<ExpressionToken>& out) {
    const ExpressionNode& node = e[id];
    if (node.kind == Kind::number) {
        out.push_back({0, node.value});
        return;
    }
    const auto operand = [&](int child) {
        const bool brackets = bracketed(e, node, child);
        if (brackets) out.push_back({'(', {}});
        append_tokens(e, child, out);
        if (brackets) out.push_back({')', {}});
    };
    if (node.kind != Kind::negate) operand(node.left);
    out.push_back({symbol(node.kind), {}});
    operand(node.kind == Kind::negate ? node.left : node.right);
}

// Copies the tree under `id` behind `out`, with node `changed` replaced.
int copy_tree(const Expression& e, int id, int changed, Rational value, Expression& out) {
    const ExpressionNode& node = e[id];
    if (id == changed || node.kind == Kind::number) {
        out.nodes.push_back({Kind::number, id == changed ? value : node.value, -1, -1});
        return out.root();
    }
    const int left = copy_tree(e, node.left, changed, value, out);
    if (node.kind == Kind::negate) return push_negate(out, left);
    const int right = copy_tree(e, node.right, changed, value, out);
    return push_binary(out, node.kind, left, right);
}

} // namespace

Expression parse_expression(std::string_view text) {
    if (text.size() > kMaxLength)
        fail("expected an expression of at most {} characters, found {}", kMaxLength, text.size());
    Parser parser{{text, 0}, 0, {}};
    parser.sum();
    if (parser.peek() != '\0' || parser.at < text.size()) parser.unexpected("an operation");
    return parser.result;
}

Expression number_expression(Rational value) {
    return {{ExpressionNode{Kind::number, value, -1, -1}}};
}

Expression combine(Kind kind, const Expression& left, const Expression& right) {
    Expression out;
    const int a = copy_tree(left, left.root(), -1, {}, out);
    const int b = copy_tree(right, right.root(), -1, {}, out);
    push_binary(out, kind, a, b);
    return out;
}

Rational compute(Kind kind, Rational left, Rational right) {
    switch (kind) {
    case Kind::add:
        return left + right;
    case Kind::subtract:
        return left - right;
    case Kind::multiply:
        return left * right;
    case Kind::divide:
        return left / right;
    case Kind::negate:
        return -left;
    default:
        return left;
    }
}

Rational compute(const Expression& expression, int id) {
    const ExpressionNode& node = expression[id];
    return compute(node.kind, expression[node.left].value, expression[node.right].value);
}

Rational evaluate(const Expression& expression) {
    std::vector<Rational> values(expression.nodes.size());
    for (size_t i = 0; i < values.size(); ++i) {
        const ExpressionNode& node = expression.nodes[i];
        const auto value = [&](int id) { return id < 0 ? Rational{} : values[size_t(id)]; };
        values[i] = node.kind == Kind::number
                        ? node.value
                        : compute(node.kind, value(node.left), value(node.right));
    }
    return values.back();
}

int operations(const Expression& expression) {
    return static_cast<int>(
        std::count_if(expression.nodes.begin(), expression.nodes.end(), [](const auto& node) {
            return node.kind != Kind::number && node.kind != Kind::negate;
        }));
}

std::vector<int> reducible(const Expression& expression) {
    // Bracket depth from the root down: parents stand behind their operands.
    std::vector<int> depth(expression.nodes.size(), 0);
    std::vector<std::tuple<int, int, int>> order; // (-depth, -precedence, id)
    for (int id = expression.root(); id >= 0; --id) {
        const ExpressionNode& node = expression[id];
        for (const int child : {node.left, node.right})
            if (child >= 0)
                depth[size_t(child)] = depth[size_t(id)] + bracketed(expression, node, child);
        if (node.right >= 0 && expression[node.left].kind == Kind::number &&
            expression[node.right].kind == Kind::number)
            order.emplace_back(-depth[size_t(id)], -precedence(node.kind), id);
    }
    std::sort(order.begin(), order.end()); // ids grow from left to right
    std::vector<int> ids;
    for (const auto& entry : order) ids.push_back(std::get<2>(entry));
    return ids;
}

Expression replace(const Expression& expression, int id, Rational value) {
    Expression out;
    copy_tree(expression, expression.root(), id, value, out);
    return out;
}

std::vector<ExpressionToken> tokens(const Expression& expression) {
    std::vector<ExpressionToken> out;
    append_tokens(expression, expression.root(), out);
    return out;
}

std::string print(std::span<const ExpressionToken> tokens) {
    std::string out;
    for (const ExpressionToken& token : tokens) {
        if (token.symbol != 0)
            out += token.symbol;
        else if (token.value.is_integer() || tokens.size() == 1)
            out += text(token.value);
        else
            out += "(" + text(token.value) + ")";
    }
    return out;
}

std::string print(const Expression& expression) { return print(tokens(expression)); }

} // namespace qstar::search
