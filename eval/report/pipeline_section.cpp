// The pipeline as a picture: a box a stage with what came out of it, in two layouts.

#include "engine/io/progress.h"
#include "engine/text/json.h"
#include "eval/plot/html.h"
#include "eval/report/data.h"
#include "eval/report/sections.h"

#include <cmath>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

struct Box {
    std::string stage, title;
    double column, row;               // in the wide picture
    double narrow_column, narrow_row; // in the narrow one
    std::string field;                // of the stage's result, that is shown
    std::string form;                 // how: {} is the number
    double scale = 0;                 // of the number; 0: a count, written short
};
const std::vector<Box>& boxes() {
    static const std::vector<Box> all = {
        {"corpus", "corpus", 0, 1, 0.5, 0, "tokens", "{} tokens"},
        {"pretrain", "pretrain", 1, 1, 1.5, 0, "val_loss", "loss {:.3f}", 1},
        {"sft", "sft", 2, 1, 2.5, 0, "items", "{} items"},
        {"sample", "sample", 3, 1, 1.5, 1, "solutions", "{} drawn"},
        {"rank", "rank", 4, 0, 0, 2, "pairs", "{} pairs"},
        {"label", "label", 4, 1, 1.5, 2, "step_labels", "{} labels"},
        {"rollout", "rollout", 4, 2.5, 3, 2, "solutions", "{} paths"},
        {"reward", "reward", 5, 0, 0, 3, "val_accuracy", "{:.1f} % right", 100},
        {"orm", "ORM", 5, 1, 1, 3, "val_auc", "AUC {:.3f}", 1},
        {"prm", "PRM", 5, 1.75, 2, 3, "val_auc", "AUC {:.3f}", 1},
        {"q", "Q", 5, 2.5, 3, 3, "val_auc", "AUC {:.3f}", 1},
        {"dpo", "DPO", 6, 0, 0, 4, "right", "{:.1f} % right", 100},
        {"distil", "distil", 6, 1.75, 2, 4, "dev_student", "{:.1f} % alone", 100},
        {"self-play", "self-play", 6, 2.5, 3, 4, "rounds", "{:.1f} % alone", 100},
        {"ladder", "ladder", 7, 1, 1.5, 5, "", "", 0},
    };
    return all;
}
struct Edge {
    std::string from, to;
};
const std::vector<Edge>& edges() {
    static const std::vector<Edge> all = {
        {"corpus", "pretrain"}, {"pretrain", "sft"},   {"sft", "sample"},  {"sample", "rank"},
        {"sample", "label"},    {"sample", "rollout"}, {"rank", "reward"}, {"reward", "dpo"},
        {"label", "orm"},       {"label", "prm"},      {"rollout", "q"},   {"prm", "distil"},
        {"q", "self-play"},     {"dpo", "ladder"},     {"orm", "ladder"},  {"distil", "ladder"},
        {"self-play", "ladder"}};
    return all;
}

struct Place {
    double x, y, width, height;
};

size_t stage_index(const Json& data, const std::string& stage) {
    for (size_t i = 0; i < data.at("stages").size(); ++i)
        if (data.at("stages")[i].at("stage") == stage) return i;
    return data.at("stages").size();
}

// Where the number of a box stands in the data, and what it is a share of.
std::pair<std::string, std::string> pointer_of(const Json& data, const Box& box) {
    const size_t i = stage_index(data, box.stage);
    if (i == data.at("stages").size() || !data.at("stages")[i].at("done").get<bool>()) return {};
    const Json& result = data.at("stages")[i].at("result");
    const std::string at = fmt::format("/stages/{}/result/{}", i, box.field);
    if (box.stage == "distil") return {at + "/solved", at + "/n"};
    if (box.stage == "self-play") {
        if (!result.contains("rounds") || result.at("rounds").empty()) return {};
        const std::string last =
            fmt::format("{}/{}/dev_greedy", at, result.at("rounds").size() - 1);
        return {last + "/solved", last + "/n"};
    }
    return {at, ""};
}

std::string note(const Json& data, const Box& box, Place at) {
    auto [pointer, of] = pointer_of(data, box);
    const Json* const found = pointer.empty() ? nullptr : data.at_path(pointer);
    if (found == nullptr || !found->is_number()) return "";
    double value = found->get<double>();
    if (!of.empty()) value /= data.at_path(of)->get<double>();
    const std::string text = box.scale == 0
                                 ? fmt::format(fmt::runtime(box.form), count_text(value))
                                 : fmt::format(fmt::runtime(box.form), value * box.scale);
    return fmt::format("<text class=\"note\" x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text>",
                       at.x + at.width / 2, at.y + at.height - 10, mark(data, pointer),
                       escaped(text));
}

bool is_done(const Json& data, const Box& box) {
    if (box.stage == "ladder") return data.contains("ladder");
    const size_t i = stage_index(data, box.stage);
    return i < data.at("stages").size() && data.at("stages")[i].at("done").get<bool>();
}

// From the side of one box to the side of the other that faces it.
std::string arrow(Place a, Place b, const std::string& tip) {
    if (std::abs(b.y - a.y) > 1 && b.x - a.x < a.width) { // downwards
        const double x0 = a.x + a.width / 2, y0 = a.y + a.height, x1 = b.x + b.width / 2, y1 = b.y;
        const double middle = (y0 + y1) / 2;
        return fmt::format("<path class=\"arrow\" d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} "
                           "{:.1f} {:.1f}\" marker-end=\"url(#{})\"/>",
                           x0, y0, x0, middle, x1, middle, x1, y1 - 5, tip);
    }
    const double x0 = a.x + a.width, y0 = a.y + a.height / 2, x1 = b.x, y1 = b.y + b.height / 2;
    const double middle = (x0 + x1) / 2;
    return fmt::format(
        "<path class=\"arrow\" d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} "
        "{:.1f}\" marker-end=\"url(#{})\"/>",
        x0, y0, middle, y0, middle, y1, x1 - 5, y1, tip);
}

std::string picture(const Json& data, bool narrow) {
    const double step_x = narrow ? 85 : 128, step_y = narrow ? 66 : 72;
    const double width = narrow ? 72 : 106, height = narrow ? 44 : 48;
    const auto place = [&](const Box& box) {
        return Place{(narrow ? box.narrow_column : box.column) * step_x + (narrow ? 6 : 2),
                     (narrow ? box.narrow_row : box.row) * step_y + 2, width, height};
    };
    const int full_x = narrow ? 340 : 1006, full_y = narrow ? 380 : 232;
    const std::string id = narrow ? "tip-n" : "tip-w";
    std::string out = fmt::format(
        "<svg class=\"pipeline\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
        "aria-label=\"The stages of the pipeline and what came out of each\"><defs><marker "
        "id=\"{2}\" "
        "viewBox=\"0 0 8 8\" refX=\"4\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
        "orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>",
        full_x, full_y, id);
    std::string lines, shapes;
    for (const Edge& edge : edges()) {
        const Box *from = nullptr, *to = nullptr;
        for (const Box& box : boxes()) {
            if (box.stage == edge.from) from = &box;
            if (box.stage == edge.to) to = &box;
        }
        lines += arrow(place(*from), place(*to), id);
    }
    for (const Box& box : boxes()) {
        const Place at = place(box);
        const std::string text = note(data, box, at);
        shapes += fmt::format(
            "<g class=\"{}\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" "
            "rx=\"7\"/><text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>{}</g>",
            is_done(data, box) ? "box" : "box absent", at.x, at.y, width, height, at.x + width / 2,
            at.y + (text.empty() ? height / 2 + 4 : 19), box.title, text);
    }
    return out + lines + shapes + "</svg>";
}

} // namespace

std::string pipeline_section(const Json& data) {
    return section("pipeline", "The pipeline",
                   "<p>Each box is a stage, with what came out of it. Dashed ones are not part of "
                   "this run.</p>\n<figure>\n<div class=\"wide\">" +
                       picture(data, false) + "</div>\n<div class=\"narrow\">" +
                       picture(data, true) + "</div>\n</figure>\n" +
                       (data.contains("times") && data.at("times").contains("demo")
                            ? command(command_of("times", data))
                            : ""));
}

} // namespace qstar::eval
