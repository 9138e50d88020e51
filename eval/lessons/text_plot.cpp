// A plot in letters, for a terminal.

#include "engine/base/elementary.h"
#include "eval/lessons/text.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval::lessons {

namespace {

struct Axis {
    double low = INFINITY, high = -INFINITY;
    bool log = false;

    double at(double value) const { return log ? math::log(std::max(value, 1e-9)) : value; }
    void include(double value) {
        low = std::min(low, at(value));
        high = std::max(high, at(value));
    }
    size_t cell(double value, size_t cells) const {
        const double share = high > low ? (at(value) - low) / (high - low) : 0.5;
        const double scaled = std::clamp(share, 0.0, 1.0) * static_cast<double>(cells - 1);
        return static_cast<size_t>(scaled + 0.5);
    }
    double end(double value) const { return log ? math::exp(value) : value; }
};

} // namespace

std::string plot_text(const Plot& plot, size_t width, size_t height) {
    Axis x{.log = plot.log_x}, y{.log = plot.log_y};
    for (const PlotSeries& series : plot.series)
        for (const PlotPoint& point : series.points) {
            x.include(point.x);
            y.include(point.y);
        }
    if (!(x.low <= x.high)) return "";
    if (plot.diagonal)
        for (const double end : {0.0, 1.0}) {
            x.include(end);
            y.include(end);
        }
    std::vector<std::string> rows(height, std::string(width, ' '));
    std::string legend;
    for (size_t s = 0; s < plot.series.size(); ++s) {
        const PlotSeries& series = plot.series[s];
        const char letter = static_cast<char>('a' + s % 26);
        const auto set = [&](double px, double py, char c) {
            char& cell = rows[height - 1 - y.cell(py, height)][x.cell(px, width)];
            if (c != '.' || cell == ' ') cell = c;
        };
        for (size_t i = 0; series.line && i + 1 < series.points.size(); ++i) {
            const PlotPoint &a = series.points[i], &b = series.points[i + 1];
            for (int part = 1; part < 12; ++part) {
                const double share = part / 12.0;
                const double px = x.end(x.at(a.x) + share * (x.at(b.x) - x.at(a.x)));
                set(px, a.y + share * (b.y - a.y), '.');
            }
        }
        for (const PlotPoint& point : series.points) set(point.x, point.y, letter);
        legend += fmt::format("  {} {}", letter, series.name);
    }
    const double shown = plot.percent ? 100 : 1;
    const std::string top = written(y.end(y.high) * shown, plot.percent ? 0 : 2),
                      bottom = written(y.end(y.low) * shown, plot.percent ? 0 : 2);
    const size_t margin = std::max(top.size(), bottom.size());
    std::string out = fmt::format("  {}{}\n", plot.y_label, plot.percent ? " (%)" : "");
    for (size_t i = 0; i < height; ++i)
        out += fmt::format("  {:>{}} |{}\n",
                           i == 0            ? top
                           : i + 1 == height ? bottom
                                             : "",
                           margin, rows[i]);
    out += fmt::format("  {:>{}} +{}\n", "", margin, std::string(width, '-'));
    const std::string left = written(x.end(x.low), plot.whole_x ? 0 : 2),
                      right = written(x.end(x.high), plot.whole_x ? 0 : 2);
    out += fmt::format("  {:>{}}  {}{:>{}}\n", "", margin, left, right,
                       width > left.size() ? width - left.size() : 0);
    return out + fmt::format("  {:>{}}  {}\n ", "", margin, plot.x_label) + legend + "\n";
}

} // namespace qstar::eval::lessons
