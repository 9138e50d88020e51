// The ladder as a table with intervals, and what is solved against what it costs.

#include "engine/text/json.h"
#include "eval/plot/html.h"
#include "eval/plot/plot.h"
#include "eval/report/data.h"
#include "eval/report/sections.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// An interval as a bar from 0 to 100 %, its mean as a line across it.
std::string bar(double low, double mean, double high, const std::string& mark_text) {
    return fmt::format("<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
                       "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"10\"/>"
                       "<rect class=\"range\" x=\"{:.2f}\" y=\"2\" width=\"{:.2f}\" height=\"6\"/>"
                       "<rect class=\"mean\" x=\"{:.2f}\" width=\"0.8\" height=\"10\"{}/></svg>",
                       100 * low, std::max(0.3, 100 * (high - low)),
                       std::clamp(100 * mean - 0.4, 0.0, 99.2), mark_text);
}

double solved_share(const Json& row) {
    return row.at("solved").get<double>() / std::max(1.0, row.at("n").get<double>());
}

std::string ladder_rows(const Json& data) {
    std::string out;
    int64_t budget = -1;
    const Json& rows = data.at("ladder").at("rows");
    for (size_t i = 0; i < rows.size(); ++i) {
        const Json& row = rows[i];
        const std::string at = fmt::format("/ladder/rows/{}/", i);
        if (row.at("budget") != budget) {
            budget = row.at("budget").get<int64_t>();
            out += fmt::format("<tr class=\"group\"><th colspan=\"5\" scope=\"colgroup\">{}</th>"
                               "</tr>\n",
                               budget == 0 ? "a single solution, no search"
                                           : "at most " + number(data, at + "budget") +
                                                 " tokens a problem");
        }
        out += fmt::format(
            "<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"bars\">{}</td>"
            "<td class=\"num range-text\">{} – {}</td><td class=\"num\">{}</td></tr>\n",
            escaped(row.at("method").get<std::string>()), share(data, at + "solved", at + "n"),
            bar(row.at("low"), solved_share(row), row.at("high"), mark(data, at + "solved")),
            number(data, at + "low", kPercent), number(data, at + "high", kPercent),
            number(data, at + "tokens"));
    }
    return out;
}

PlotPoint point_of(const Json& data, const std::string& at, const Json& row, double share_solved) {
    PlotPoint p;
    p.x = row.at("tokens");
    p.y = share_solved;
    p.low = row.at("low");
    p.high = row.at("high");
    p.title = fmt::format("{}: {:.1f} % with {:.0f} tokens", row.at("method").get<std::string>(),
                          100 * share_solved, p.x);
    p.attributes = mark(data, at);
    return p;
}

// The ladder's rows, a line a method through its budgets. The variants that lie close to
// another one are left to the table.
std::vector<PlotSeries> ladder_series(const Json& data) {
    static const std::vector<std::pair<std::string, std::string>> shown = {
        {"base model, greedy", "base, greedy"},
        {"tuned model, greedy", "tuned, greedy"},
        {"majority", "majority"},
        {"best of N, ORM", "best of N, ORM"},
        {"best of N, generative ORM", "generative ORM"},
        {"best of N, PRM (minimum)", "best of N, PRM"},
        {"A*, PRM", "A*, PRM"},
        {"Q*, self-play's policy and Q", "Q*, self-play"}};
    std::vector<PlotSeries> all;
    const Json& rows = data.at("ladder").at("rows");
    for (const auto& [method, name] : shown) {
        PlotSeries series{name, {}};
        for (size_t i = 0; i < rows.size(); ++i)
            if (rows[i].at("method") == method)
                series.points.push_back(point_of(data, fmt::format("/ladder/rows/{}/tokens", i),
                                                 rows[i], solved_share(rows[i])));
        if (!series.points.empty()) all.push_back(std::move(series));
    }
    return all;
}

// "prm, weighted vote" -> "PRM, weighted vote"
std::string chooser_name(std::string name) {
    if (name.starts_with("orm-text")) return "generative ORM" + name.substr(8);
    if (name.starts_with("orm") || name.starts_with("prm"))
        for (size_t i = 0; i < 3; ++i) name[i] = static_cast<char>(name[i] - 'a' + 'A');
    return name;
}

std::string best_of_n_figure(const Json& data) {
    const Json& best = data.at("best_of_n");
    std::vector<std::pair<std::string, PlotSeries>> found;
    bool tokens = true;
    for (const Json& point : best.at("rows")) tokens = tokens && point.contains("tokens");
    for (size_t i = 0; i < best.at("rows").size(); ++i) {
        const Json& point = best.at("rows")[i];
        const std::string method = point.at("method");
        const auto has = [&](const char* part) { return method.find(part) != std::string::npos; };
        if (method == "one sample" || has("product")) continue;
        // Eight lines can be told apart: the votes are the cure of the judge that is fooled.
        if (has("orm-text,") || has("prm, weighted")) continue;
        if (found.empty() || found.back().first != method)
            found.push_back({method, {chooser_name(method), {}}});
        PlotPoint p;
        p.x = tokens ? point.at("tokens") : point.at("n");
        p.y = point.at("mean");
        p.title =
            fmt::format("{}, N = {}: {:.1f} %", method, point.at("n").get<int64_t>(), 100 * p.y);
        p.attributes = mark(data, fmt::format("/best_of_n/rows/{}/mean", i));
        found.back().second.points.push_back(p);
    }
    Plot plot;
    plot.title = "Share solved by best of N and votes, against " +
                 std::string(tokens ? "tokens" : "samples");
    plot.x_label = tokens ? "tokens a problem, written and scored" : "samples of each problem, N";
    plot.y_label = "solved";
    plot.percent = plot.log_x = true;
    for (auto& entry : found)
        if (plot.series.size() < 8) plot.series.push_back(std::move(entry.second));
    return figure(
        plot, fmt::format("Choosing among N samples, N = 1, 2, 4 … : {} held-out problems, {} "
                          "samples of each, mean over {} shuffles. The bound is "
                          "reached by a chooser that always takes a right one, if there is any.",
                          number(data, "/best_of_n/problems"), number(data, "/best_of_n/samples"),
                          number(data, "/best_of_n/shuffles")));
}

} // namespace

std::string ladder_section(const Json& data) {
    const std::string make = command_of("ladder", data);
    if (!data.contains("ladder"))
        return section("ladder", "The ladder",
                       missing("This run has no ladder's numbers yet.", make));
    std::string body = fmt::format(
        "<p>{} held-out problems of the {} split, seed {}; none of them stands in any of the {} "
        "lines of the run's training texts. Bars are 95 % intervals (Wilson). No verifier speaks "
        "while a problem is solved.</p>\n<table class=\"ladder\"><thead><tr><th "
        "scope=\"col\">method</th><th scope=\"col\" class=\"num\">solved %</th><th scope=\"col\" "
        "class=\"bars\"><span class=\"ends\"><span>0</span><span>50</span><span>100 "
        "%</span></span></th><th scope=\"col\" class=\"num range-text\">95 % interval</th><th "
        "scope=\"col\" class=\"num\">tokens</th></tr></thead>\n<tbody>\n",
        number(data, "/ladder/problems"), escaped(data.at("ladder").value("split", "test")),
        number(data, "/ladder/seed"), number(data, "/ladder/training_lines_compared"));
    body += ladder_rows(data) + "</tbody></table>\n" + command(make);
    return section("ladder", "The ladder", body);
}

std::string tokens_section(const Json& data) {
    std::string body = "<p>Methods are compared at equal cost: "
                       "each token that a model evaluates counts, proposed or scored. The axis of "
                       "tokens is logarithmic.</p>\n";
    if (data.contains("ladder")) {
        Plot plot;
        plot.title = "Share solved against tokens a problem, by method";
        plot.x_label = "tokens a problem, really spent";
        plot.y_label = "solved";
        plot.percent = plot.log_x = true;
        plot.series = ladder_series(data);
        body += figure(plot, "The ladder's rows: a line joins a method's budgets; vertical lines "
                             "are 95 % intervals.") +
                command(command_of("ladder", data));
    } else {
        body += missing("The ladder's curves need its numbers.", command_of("ladder", data));
    }
    if (data.contains("best_of_n"))
        body += best_of_n_figure(data) + command(command_of("best_of_n", data));
    else
        body += missing("The curves over N need samples.", command_of("best_of_n", data));
    return section("tokens", "Solved against tokens", body);
}

} // namespace qstar::eval
