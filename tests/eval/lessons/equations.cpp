#include "tests/eval/lessons/equations.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <utility>

namespace qstar::tests {

namespace {

// Reads a side from its beginning; what it cannot read makes it no number.
class Side {
  public:
    explicit Side(std::string text) : text_(std::move(text)) {}

    // All of it, with a unit behind it; nothing where something else stands there.
    std::optional<double> value() {
        double value = sum();
        if (takes("%")) scale_ = 0.01;
        if (takes("million")) scale_ = 1e6;
        blanks();
        if (!ok_ || at_ != text_.size()) return {};
        return value * scale_;
    }
    double half() const { return 0.5 * std::pow(10.0, -decimals_) * scale_; }

  private:
    void blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool takes(const std::string& word) {
        blanks();
        if (text_.compare(at_, word.size(), word) != 0) return false;
        at_ += word.size();
        return true;
    }
    double sum() {
        double value = product();
        while (ok_)
            if (takes("+"))
                value += product();
            else if (takes("-"))
                value -= product();
            else
                break;
        return value;
    }
    double product() {
        double value = sign();
        while (ok_)
            if (takes("*"))
                value *= sign();
            else if (takes("/"))
                value /= sign();
            else
                break;
        return value;
    }
    double sign() {
        if (takes("-")) return -sign();
        const double base = atom();
        return takes("^") ? std::pow(base, sign()) : base;
    }
    double atom() {
        if (takes("ln ") || takes("ln")) return std::log(atom());
        if (takes("exp")) return std::exp(atom());
        if (takes("(")) {
            const double value = sum();
            ok_ = ok_ && takes(")");
            return value;
        }
        blanks();
        const size_t end = std::min(text_.find_first_not_of("0123456789.", at_), text_.size());
        const std::string digits = text_.substr(at_, end - at_);
        ok_ = ok_ && !digits.empty() && digits != ".";
        const size_t point = digits.find('.');
        decimals_ = point == digits.npos ? 0 : static_cast<double>(digits.size() - point - 1);
        at_ = end;
        double value = std::atof(digits.c_str());
        if (takes("e-")) { // 7.41e-8
            const double written = decimals_, exponent = atom();
            decimals_ = written + exponent;
            value *= std::pow(10.0, -exponent);
        }
        return value;
    }

    std::string text_;
    size_t at_ = 0;
    bool ok_ = true;
    double decimals_ = 0, scale_ = 1;
};

std::vector<std::string> sides_of(const std::string& equation) {
    std::vector<std::string> sides;
    std::istringstream in(equation);
    for (std::string side; std::getline(in, side, '=');) {
        side = side.substr(0, side.find("   (")); // a remark
        const size_t end = side.find(". ");       // of the sentence
        side = side.substr(0, end);
        while (!side.empty() && (side.back() == '.' || side.back() == ' ')) side.pop_back();
        sides.push_back(side);
        if (end != side.npos) break;
    }
    return sides;
}

} // namespace

std::vector<Equation> equations_of(const std::string& text) {
    std::vector<std::string> whole;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        const size_t begin = line.find_first_not_of(' ');
        if (begin == line.npos) continue;
        if (line[begin] == '=' && !whole.empty())
            whole.back() += line.substr(begin);
        else
            whole.push_back(line);
    }
    std::vector<Equation> equations;
    for (const std::string& one : whole) {
        const std::vector<std::string> sides = sides_of(one);
        if (sides.size() < 2) continue;
        Side last(sides.back());
        const std::optional<double> right = last.value();
        if (!right) continue;
        for (size_t i = 0; i + 1 < sides.size(); ++i)
            if (const std::optional<double> left = Side(sides[i]).value())
                equations.push_back({one, *left, *right, last.half()});
    }
    return equations;
}

} // namespace qstar::tests
