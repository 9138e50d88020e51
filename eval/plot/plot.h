#pragma once
// Plots as SVG: lines or marks over two axes, as small as they can be.
//
// Each plot is drawn twice, for a wide and for a narrow page, and the style sheet shows
// one of them: letters keep their size. Colours and dashes come from the classes s0 ... s7.

#include <string>
#include <vector>

namespace qstar::eval {

struct PlotPoint {
    double x = 0, y = 0;
    double low = 0, high = 0;    // an interval, if high > low
    std::string title = {};      // what a pointer that rests on it reads
    std::string attributes = {}; // of its mark (html.h)
};
struct PlotSeries {
    std::string name;
    std::vector<PlotPoint> points;
    bool line = true, marks = true;
};
struct Plot {
    std::string title; // for those who do not see it
    std::string x_label, y_label;
    std::vector<PlotSeries> series; // at most 8
    bool log_x = false, log_y = false;
    // No ticks between whole numbers; if log_x, at those where something was measured.
    bool whole_x = false;
    bool percent = false;          // y is a share: 0 to 1, written 0 to 100 %
    double y_low = 0, y_high = 0;  // both 0: from the points
    bool diagonal = false;         // y = x
    int height = 320;              // wide; of a narrow one, the same
    int wide = 1010, narrow = 340; // the same: drawn once
};

// Round numbers within low .. high, about `count` of them, each a step of 1, 2 or 5 apart.
std::vector<double> ticks(double low, double high, int count);

std::string svg(const Plot& plot, int width);

// The same as a file of its own: title, y label, colours and legend with it.
std::string picture(const Plot& plot);

// <figure> with both drawings, what its lines are, and a caption (HTML).
std::string figure(const Plot& plot, const std::string& caption);

} // namespace qstar::eval
