#include "eval/plot/plot.h"

#include "engine/base/elementary.h"
#include "eval/plot/html.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <set>
#include <vector>

namespace qstar::eval {

namespace {

struct Axes {
    double x_low, x_high, y_low, y_high;
    double left, right, top, bottom; // in the picture
    bool log_x, log_y;

    double x(double value) const {
        const double low = log_x ? math::log(x_low) : x_low;
        const double high = log_x ? math::log(x_high) : x_high;
        const double at = log_x ? math::log(std::max(value, x_low)) : value;
        return left + (right - left) * (high > low ? (at - low) / (high - low) : 0.5);
    }
    double y(double value) const {
        const double low = log_y ? math::log(y_low) : y_low;
        const double high = log_y ? math::log(y_high) : y_high;
        const double at = log_y ? math::log(std::max(value, y_low)) : value;
        const double share = high > low ? (at - low) / (high - low) : 0.5;
        return bottom - (bottom - top) * std::clamp(share, -0.02, 1.02);
    }
};

Axes axes_of(const Plot& plot, int width) {
    Axes a{1e300,      -1e300,    1e300, -1e300, 46, width - 10.0, 12, plot.height - 40.0,
           plot.log_x, plot.log_y};
    for (const PlotSeries& series : plot.series)
        for (const PlotPoint& p : series.points) {
            // 0 has no logarithm: such a point stands at the axis.
            if (!plot.log_x || p.x > 0)
                a.x_low = std::min(a.x_low, p.x), a.x_high = std::max(a.x_high, p.x);
            if (!plot.log_y || p.y > 0)
                a.y_low = std::min(a.y_low, p.y), a.y_high = std::max(a.y_high, p.y);
        }
    if (a.x_low > a.x_high) a.x_low = plot.log_x ? 0.5 : 0, a.x_high = 1;
    if (a.y_low > a.y_high) a.y_low = plot.log_y ? 0.5 : 0, a.y_high = 1;
    if (plot.percent) a.y_low = 0, a.y_high = 1;
    if (plot.y_low != plot.y_high) a.y_low = plot.y_low, a.y_high = plot.y_high;
    if (plot.diagonal) a.x_low = 0, a.x_high = 1;
    const double air = 0.05 * (a.y_high - a.y_low);
    if (!plot.percent && plot.y_low == plot.y_high) a.y_low -= air, a.y_high += air;
    if (plot.log_x) a.x_low /= 1.15, a.x_high *= 1.15;
    if (plot.log_y) a.y_low = (a.y_low + air) / 1.3, a.y_high = (a.y_high - air) * 1.3;
    return a;
}

std::string short_number(double value) {
    const double size = std::abs(value);
    if (size >= 1e6) return fmt::format("{:g}M", value / 1e6);
    if (size >= 1e4) return fmt::format("{:g}k", value / 1e3);
    return fmt::format("{:g}", std::abs(value) < 1e-12 ? 0.0 : value);
}

std::vector<double> log_ticks(double low, double high) {
    std::vector<double> all;
    for (double power = math::power(10.0, static_cast<int64_t>(std::floor(math::log10(low))));
         power <= high; power *= 10)
        for (const double digit : {1, 2, 5})
            if (digit * power >= low && digit * power <= high) all.push_back(digit * power);
    return all;
}

// Where whole numbers on a logarithmic axis were measured, if they are few: 1, 2, 4, 8 ...
std::vector<double> measured_ticks(const Plot& plot) {
    std::set<double> all;
    for (const PlotSeries& series : plot.series)
        for (const PlotPoint& p : series.points)
            if (p.x > 0) all.insert(p.x);
    if (all.size() > 12) return {};
    return {all.begin(), all.end()};
}

std::vector<double> ticks_across(const Plot& plot, const Axes& a, int width) {
    if (!plot.log_x) return ticks(a.x_low, a.x_high, width < 400 ? 4 : 7);
    const auto measured = plot.whole_x ? measured_ticks(plot) : std::vector<double>();
    return measured.empty() ? log_ticks(a.x_low, a.x_high) : measured;
}

std::string grid(const Plot& plot, const Axes& a, int width) {
    std::string out;
    const double high = a.y_high;
    const std::vector<double> up = plot.log_y ? log_ticks(a.y_low, high)
                                   : plot.percent && plot.y_low == plot.y_high
                                       ? std::vector<double>{0, 0.25, 0.5, 0.75, 1}
                                       : ticks(a.y_low, high, 5);
    for (const double tick : up) {
        const double y = a.y(tick);
        out += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" "
                           "y2=\"{:.1f}\"/><text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" "
                           "text-anchor=\"end\">{}</text>",
                           a.left, a.right, y, y, a.left - 6, y + 4,
                           plot.percent ? fmt::format("{:g} %", 100 * tick) : short_number(tick));
    }
    double last = -100;
    for (const double tick : ticks_across(plot, a, width)) {
        const double x = a.x(tick);
        if (x - last < 30 || (plot.whole_x && tick != std::round(tick))) continue;
        last = x;
        out += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" "
                           "y2=\"{2:.1f}\"/><text class=\"tick\" x=\"{0:.1f}\" y=\"{3:.1f}\" "
                           "text-anchor=\"middle\">{4}</text>",
                           x, a.bottom, a.bottom + 4, a.bottom + 17, short_number(tick));
    }
    out += fmt::format("<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" "
                       "text-anchor=\"middle\">{}</text>",
                       (a.left + a.right) / 2, plot.height - 5.0, escaped(plot.x_label));
    return out;
}

// Marks differ in form as well as in colour.
std::string mark_of(size_t form, double x, double y, const PlotPoint& point) {
    constexpr double kR = 4;
    const std::string attributes = fmt::format(" class=\"mark\"{}", point.attributes);
    const std::string title =
        point.title.empty() ? "" : "<title>" + escaped(point.title) + "</title>";
    if (form % 3 == 0)
        return fmt::format("<circle{} cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\">{}</circle>", attributes,
                           x, y, kR, title);
    if (form % 3 == 1)
        return fmt::format("<rect{} x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\">{}</rect>",
                           attributes, x - kR + 0.5, y - kR + 0.5, 2 * kR - 1, 2 * kR - 1, title);
    return fmt::format("<path{} d=\"M{:.1f} {:.1f}l{} {}l{} {}l{} {}z\">{}</path>", attributes, x,
                       y - kR - 1, kR + 1, kR + 1, -kR - 1, kR + 1, -kR - 1, -kR - 1, title);
}

std::string draw(const PlotSeries& series, size_t number, const Axes& a) {
    std::string out = fmt::format("<g class=\"s{}\">", number);
    if (series.line && series.points.size() > 1) {
        std::string path;
        for (const PlotPoint& p : series.points)
            path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? 'M' : 'L', a.x(p.x), a.y(p.y));
        out += fmt::format("<path class=\"line\" d=\"{}\"/>", path);
    }
    for (const PlotPoint& p : series.points) {
        if (p.high > p.low)
            out += fmt::format("<line class=\"interval\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" "
                               "y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>",
                               a.x(p.x), a.y(p.low), a.y(p.high));
        if (series.marks) out += mark_of(number, a.x(p.x), a.y(p.y), p);
    }
    return out + "</g>";
}

} // namespace

std::vector<double> ticks(double low, double high, int count) {
    if (!(high > low) || count < 1) return {low};
    const double rough = (high - low) / count;
    const double power = math::power(10.0, static_cast<int64_t>(std::floor(math::log10(rough))));
    double step = 10 * power;
    for (const double digit : {5, 2, 1})
        if (digit * power >= rough) step = digit * power;
    std::vector<double> out;
    for (double at = std::ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; ++at)
        out.push_back(at * step);
    return out;
}

std::string svg(const Plot& plot, int width) {
    const Axes a = axes_of(plot, width);
    std::string out = fmt::format("<svg class=\"plot\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                                  "height=\"{1}\" role=\"img\" aria-label=\"{2}\">",
                                  width, plot.height, escaped(plot.title));
    out += grid(plot, a, width);
    if (plot.diagonal)
        out += fmt::format("<line class=\"diagonal\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
                           "y2=\"{:.1f}\"/>",
                           a.x(0), a.y(0), a.x(1), a.y(1));
    for (size_t i = 0; i < plot.series.size(); ++i) out += draw(plot.series[i], i % 8, a);
    return out + "</svg>";
}

std::string picture(const Plot& plot) {
    constexpr int kHead = 46, kLine = 20;
    const auto names = static_cast<int>(plot.series.size());
    const int height = kHead + plot.height + kLine * ((names + 1) / 2) + 8;
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\"><style>text{{font:12px sans-serif;fill:#444}}.title{{font-weight:bold}}"
        ".grid{{stroke:#ddd}}.line{{fill:none;stroke:currentColor;stroke-width:2}}"
        ".mark{{fill:currentColor}}.interval{{stroke:currentColor;opacity:.5}}"
        ".diagonal{{stroke:#999}}"
        ".s0{{color:#1d5f8a}}.s1{{color:#b3541e}}.s2{{color:#5b7f2b}}.s3{{color:#8a3f7c}}"
        ".s4{{color:#c08a00}}.s5{{color:#2b8c86}}.s6{{color:#6b5fb5}}.s7{{color:#20242a}}</style>"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
        "<text class=\"title\" x=\"10\" y=\"18\">{2}</text><text x=\"10\" y=\"38\">{3}</text>"
        "<g transform=\"translate(0 {4})\">{5}</g>\n",
        plot.wide, height, escaped(plot.title), escaped(plot.y_label), kHead, svg(plot, plot.wide));
    for (int i = 0; i < names; ++i) {
        const int x = 46 + i % 2 * (plot.wide / 2 - 30),
                  y = kHead + plot.height + kLine * (i / 2) + 8;
        out += fmt::format("<g class=\"s{}\" transform=\"translate({} {})\"><path class=\"line\" "
                           "d=\"M0 0L26 0\"/>{}<text x=\"34\" y=\"4\">{}</text></g>\n",
                           i % 8, x, y, mark_of(static_cast<size_t>(i), 13, 0, {}),
                           escaped(plot.series[static_cast<size_t>(i)].name));
    }
    return out + "</svg>\n";
}

std::string figure(const Plot& plot, const std::string& caption) {
    std::string out = "<figure>\n";
    if (!plot.y_label.empty())
        out += fmt::format("<p class=\"y-label\">{}</p>\n", escaped(plot.y_label));
    if (plot.wide == plot.narrow)
        out += svg(plot, plot.wide);
    else
        out += fmt::format("<div class=\"wide\">{}</div>\n<div class=\"narrow\">{}</div>",
                           svg(plot, plot.wide), svg(plot, plot.narrow));
    if (plot.series.size() > 1) {
        out += "\n<ul class=\"legend\">";
        for (size_t i = 0; i < plot.series.size(); ++i)
            out += fmt::format(
                "<li class=\"s{}\"><svg width=\"26\" height=\"12\" "
                "aria-hidden=\"true\">{}{}</svg><span>{}</span></li>",
                i % 8, plot.series[i].line ? "<path class=\"line\" d=\"M1 6L25 6\"/>" : "",
                plot.series[i].marks ? mark_of(i, 13, 6, {}) : "", escaped(plot.series[i].name));
        out += "</ul>";
    }
    if (!caption.empty()) out += "\n<figcaption>" + caption + "</figcaption>";
    return out + "\n</figure>\n";
}

} // namespace qstar::eval
