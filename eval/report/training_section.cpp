// Training curves of every stage, and the calibration of every reward model.

#include "engine/text/json.h"
#include "eval/plot/html.h"
#include "eval/plot/plot.h"
#include "eval/report/data.h"
#include "eval/report/sections.h"

#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// What belongs on one pair of axes.
struct Group {
    std::string name;
    std::vector<std::string> columns;
    bool percent = false;
};
const std::vector<Group>& groups() {
    static const std::vector<Group> all = {
        {"loss", {"loss", "label_loss", "val_loss"}},
        {"shares",
         {"right", "score", "reward_accuracy", "val_accuracy", "val_auc", "dev_greedy",
          "dev_search"},
         true},
        {"nats", {"kl", "entropy"}},
    };
    return all;
}

std::string said(const std::string& column) {
    if (column == "label_loss") return "loss of the judgement";
    if (column == "val_loss") return "loss on validation";
    if (column == "val_accuracy") return "accuracy on validation";
    if (column == "val_auc") return "AUC on validation";
    if (column == "reward_accuracy") return "pairs put in order";
    if (column == "dev_greedy") return "dev problems, greedy";
    if (column == "dev_search") return "dev problems, by search";
    return column;
}

PlotSeries series_of(const Json& data, const std::string& stage, const std::string& column) {
    const std::string at = fmt::format("/curves/{}/columns/{}", stage, column);
    const Json& curve = data.at("curves")[stage].at("columns")[column];
    PlotSeries series{said(column), {}};
    const size_t n = curve.at("x").size();
    series.marks = n <= 12;
    for (size_t i = 0; i < n; ++i) {
        PlotPoint p;
        p.x = curve.at("x").at(i);
        p.y = curve.at("y").at(i);
        if (series.marks) {
            p.title = fmt::format("{}: {:.3f}", said(column), p.y);
            p.attributes = mark(data, fmt::format("{}/y/{}", at, i));
        }
        series.points.push_back(p);
    }
    return series;
}

std::string figures_of(const Json& data, const std::string& stage) {
    const Json& columns = data.at("curves")[stage].at("columns");
    std::string out;
    for (const Group& group : groups()) {
        Plot plot;
        for (const std::string& column : group.columns)
            if (columns.contains(column)) plot.series.push_back(series_of(data, stage, column));
        if (plot.series.empty()) continue;
        // A number that was only taken at the end is no curve.
        bool curve = false;
        for (const PlotSeries& series : plot.series) curve = curve || series.points.size() > 1;
        if (!curve) {
            for (const std::string& column : group.columns)
                if (columns.contains(column))
                    out += fmt::format(
                        "<p class=\"quiet\">{}: {}</p>", said(column),
                        number(data, fmt::format("/curves/{}/columns/{}/y/0", stage, column),
                               {3, 1}));
            continue;
        }
        const bool rounds = stage == "self-play" || stage == "star";
        plot.title =
            fmt::format("{}: {} against {}", stage, group.name, rounds ? "rounds" : "steps");
        plot.x_label = rounds ? "round" : "step";
        plot.y_label =
            group.columns.size() > 1 && plot.series.size() == 1 ? plot.series[0].name : group.name;
        plot.percent = group.percent;
        plot.whole_x = true;
        // A score of a reward model is no share.
        if (group.percent)
            for (const PlotSeries& series : plot.series)
                for (const PlotPoint& p : series.points)
                    if (p.y < 0 || p.y > 1) plot.percent = false;
        plot.wide = plot.narrow = 340;
        plot.height = 200;
        out += figure(plot, "");
    }
    return out;
}

std::string calibration_table(const Json& data, const std::string& at, const Json& bins,
                              const char* share_field, const char* mean_field,
                              const char* count_field) {
    std::string out = "<details><summary>as a table</summary><table><thead><tr><th "
                      "scope=\"col\">score</th><th scope=\"col\" class=\"num\">how many</th><th "
                      "scope=\"col\" class=\"num\">mean %</th><th scope=\"col\" "
                      "class=\"num\">right %</th></tr></thead><tbody>";
    for (size_t i = 0; i < bins.size(); ++i) {
        const std::string bin = fmt::format("{}/{}/", at, i);
        out +=
            fmt::format("<tr><th scope=\"row\">{} – {}</th><td class=\"num\">{}</td><td "
                        "class=\"num\">{}</td><td class=\"num\">{}</td></tr>",
                        number(data, bin + "low", {1, 1}), number(data, bin + "high", {1, 1}),
                        number(data, bin + count_field), number(data, bin + mean_field, kPercent),
                        number(data, bin + share_field, kPercent));
    }
    return out + "</tbody></table></details>\n";
}

std::string calibration_figure(const Json& data, const std::string& at, const Json& bins,
                               const std::string& title, const std::string& caption,
                               const char* share_field, const char* mean_field,
                               const char* count_field) {
    Plot plot;
    plot.title = title + ": how often right, against the score";
    plot.x_label = "what the model says";
    plot.y_label = "how often it is so";
    plot.percent = plot.diagonal = true;
    plot.wide = plot.narrow = 320;
    plot.height = 260;
    PlotSeries series{title, {}};
    for (size_t i = 0; i < bins.size(); ++i) {
        PlotPoint p;
        p.x = bins[i].at(mean_field);
        p.y = bins[i].at(share_field);
        if (bins[i].contains("interval")) {
            p.low = bins[i].at("interval").at(0);
            p.high = bins[i].at("interval").at(1);
        }
        p.title = fmt::format("says {:.2f}, is so in {:.1f} %", p.x, 100 * p.y);
        p.attributes = mark(data, fmt::format("{}/{}/{}", at, i, share_field));
        series.points.push_back(p);
    }
    plot.series = {series};
    return "<div class=\"card\"><h3>" + escaped(title) + "</h3>" + figure(plot, caption) +
           calibration_table(data, at, bins, share_field, mean_field, count_field) + "</div>\n";
}

} // namespace

std::string training_section(const Json& data) {
    std::string cards;
    for (const auto& [stage, curve] : data.at("curves").items()) {
        const std::string figures = figures_of(data, stage);
        if (figures.empty()) continue;
        std::string make;
        for (size_t i = 0; i < data.at("stages").size(); ++i)
            if (data.at("stages")[i].at("stage") == stage) make = stage_command(data, i);
        cards += fmt::format(
            "<div class=\"card\"><h3>{}</h3><p class=\"quiet\">{} {}</p>{}{}</div>\n",
            escaped(stage), number(data, "/curves/" + stage + "/steps"),
            stage == "self-play" || stage == "star" ? "lines, round 0 is the start" : "steps",
            figures, make.empty() ? "" : command(make));
    }
    if (cards.empty())
        return section(
            "training", "Training",
            missing("No stage of this run has a log.", command_to_train("pretrain", data)));
    return section("training", "Training",
                   "<p>From every stage's <code>metrics.jsonl</code>, each point the mean of "
                   "neighbouring steps.</p>\n<div class=\"cards flow\">\n" +
                       cards + "</div>\n");
}

std::string calibration_section(const Json& data) {
    const Json& found = data.at("measured").at("calibration");
    std::string cards;
    for (const auto& [stage, table] : found.items()) {
        const std::string at = "/measured/calibration/" + stage;
        cards += calibration_figure(
            data, at + "/bins", table.at("bins"),
            stage == "prm"   ? "PRM, each step"
            : stage == "orm" ? "ORM, the whole solution"
                             : stage + ", the whole solution",
            fmt::format("{} {}, AUC {}, calibration error {} %", number(data, at + "/n"),
                        table.at("of").get<std::string>(), number(data, at + "/auc", {3, 1}),
                        number(data, at + "/error", kPercent)),
            "share", "mean", "n");
    }
    for (size_t i = 0; i < data.at("stages").size(); ++i) {
        const Json& stage = data.at("stages")[i];
        if (!stage.contains("result") || !stage.at("result").contains("calibration")) continue;
        const std::string at = fmt::format("/stages/{}/result", i);
        cards += calibration_figure(
            data, at + "/calibration", stage.at("result").at("calibration"),
            stage.at("stage").get<std::string>() + ", pairs of ranks",
            fmt::format("{} held-out pairs, {} % predicted, calibration error {} %",
                        number(data, at + "/val_pairs"),
                        number(data, at + "/val_accuracy", kPercent),
                        number(data, at + "/val_calibration_error", kPercent)),
            "happened", "predicted", "pairs");
    }
    const std::string make = command_of("report", data);
    if (cards.empty())
        return section(
            "calibration", "Calibration",
            missing("This run has no reward models yet.",
                    command_to_train("orm", data) + " && " + command_to_train("prm", data)));
    return section(
        "calibration", "Calibration",
        fmt::format("<p>Do the scores mean what they say? On {} held-out problems, {} solutions of "
                    "each, every different solution once. On the diagonal a model that says 70 % "
                    "is right in 70 of 100. Lines are 95 % intervals (Wilson).</p>\n<div "
                    "class=\"cards\">\n{}</div>\n{}",
                    number(data, "/measured/options/problems"),
                    number(data, "/measured/options/samples"), cards, command(make)));
}

} // namespace qstar::eval
