// Some held-out problems: three solutions with every step's scores, and the search's tree.

#include "engine/base/error.h"
#include "engine/text/json.h"
#include "eval/measure/printed_command.h"
#include "eval/plot/html.h"
#include "eval/report/data.h"
#include "eval/report/sections.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// A score's colour: ten classes from red, p0, to green, p9.
int shade(double score) { return std::clamp(static_cast<int>(score * 10), 0, 9); }

std::string verdict_mark(bool right) {
    return right ? "<span class=\"yes\" title=\"right\">✓</span>"
                 : "<span class=\"no\" title=\"wrong\">✗</span>";
}

std::string step_html(const Json& data, const Json& step, const std::string& at) {
    std::string out = fmt::format("<li><code>{}</code> <span class=\"score p{}\">{}</span>",
                                  escaped(step.at("text").get<std::string>()),
                                  shade(step.at("prm")), number(data, at + "/prm", {2, 1}));
    if (step.contains("orm"))
        out +=
            fmt::format(" <span class=\"quiet\">ORM {}</span>", number(data, at + "/orm", {2, 1}));
    if (step.at("label").is_number()) out += verdict_mark(step.at("label").get<int>() >= 0);
    return out + "</li>";
}

std::string solution_html(const Json& data, const Json& solution, const std::string& at) {
    std::string steps;
    for (size_t i = 0; i < solution.at("steps").size(); ++i)
        steps += step_html(data, solution.at("steps")[i], fmt::format("{}/steps/{}", at, i));
    if (steps.empty()) steps = "<li class=\"quiet\">nothing was written</li>";
    return fmt::format("<div class=\"solution {}\"><h4>{} {}</h4><ol>{}</ol><p class=\"quiet\">{} "
                       "tokens</p></div>",
                       solution.at("right").get<bool>() ? "is-right" : "is-wrong",
                       escaped(solution.at("method").get<std::string>()),
                       verdict_mark(solution.at("right").get<bool>()), steps,
                       number(data, at + "/tokens"));
}

struct Tree {
    const Json& data;
    const Json& nodes;
    std::string at;
    std::vector<std::vector<size_t>> children;

    std::string item(size_t i, int level) const {
        const Json& node = nodes.at(i);
        const std::string here = fmt::format("{}/{}", at, i);
        const bool root = i == 0, scored = !root && node.at("score").is_number();
        std::string classes = node.at("chosen").get<bool>() ? "chosen" : "";
        if (node.at("final").get<bool>()) classes += " final";
        const int64_t order = node.at("order");
        std::string out = fmt::format(
            "<li role=\"treeitem\" tabindex=\"{}\" aria-level=\"{}\"{} data-born=\"{}\" "
            "data-order=\"{}\" class=\"{}\"{}><div class=\"node {}\"><code>{}</code>",
            root ? 0 : -1, level, children[i].empty() ? "" : " aria-expanded=\"true\"",
            node.at("born").get<int64_t>(), order, classes, root ? "" : facts(node),
            scored ? fmt::format("p{}", shade(node.at("score"))) : "",
            escaped(node.at("text").get<std::string>()));
        if (scored)
            out += fmt::format("<span class=\"score\">{}</span>",
                               number(data, here + "/score", {2, 1}));
        if (order > 0)
            out += fmt::format("<span class=\"order\" title=\"expanded as number\">{}</span>",
                               number(data, here + "/order"));
        if (node.at("final").get<bool>()) out += verdict_mark(node.at("solved").get<bool>());
        out += "</div>";
        if (!children[i].empty()) {
            out += "<ul role=\"group\">";
            for (const size_t child : children[i]) out += item(child, level + 1);
            out += "</ul>";
        }
        return out + "</li>";
    }

    // What the line under the tree says of a node.
    static std::string facts(const Json& node) {
        return fmt::format(" data-g=\"{}\" data-f=\"{}\" data-label=\"{}\"", node.at("g").dump(),
                           node.at("f").is_null() ? "-" : node.at("f").dump(),
                           node.at("label").dump());
    }
};

std::string tree_html(const Json& data, size_t problem) {
    const Json& entry = data.at("measured").at("problems")[problem];
    const std::string at = fmt::format("/measured/problems/{}", problem);
    Tree tree{data, entry.at("tree"), at + "/tree", {}};
    tree.children.resize(tree.nodes.size());
    for (size_t i = 1; i < tree.nodes.size(); ++i) {
        const auto parent = tree.nodes.at(i).at("parent").get<size_t>();
        if (parent >= i) fail("{}: node {} stands before its parent", at, i);
        tree.children[parent].push_back(i);
    }
    const bool right = entry.at("solutions").at(entry.at("solutions").size() - 1).at("right");
    const int64_t turns = entry.at("expanded");
    return fmt::format(
        "<div class=\"tree-card\"><h3><code>{0}</code> {1}</h3><p class=\"quiet\">{2} paths "
        "expanded, {3} steps drawn, {4} tokens</p>\n<div class=\"player\"><button type=\"button\" "
        "class=\"play\">Play</button><label>expansion <input type=\"range\" min=\"0\" "
        "max=\"{5}\" value=\"{5}\"> <output>{5} of {5}</output></label></div>\n<ul class=\"tree\" "
        "role=\"tree\" aria-label=\"Search tree of {0}\">{6}</ul>\n<p class=\"facts\" "
        "aria-live=\"polite\">Rest on a node, or walk with the arrow keys.</p></div>\n",
        escaped(entry.at("problem").get<std::string>()), verdict_mark(right),
        number(data, at + "/expanded"), number(data, at + "/generated"),
        number(data, fmt::format("{}/solutions/{}/tokens", at, entry.at("solutions").size() - 1)),
        turns, tree.item(0, 1));
}

std::string no_problems(const Json& data) {
    return missing("Solutions with scores need a tuned model and a PRM.",
                   command_to_train("sft", data) + " && " + command_to_train("prm", data));
}

} // namespace

std::string solutions_section(const Json& data) {
    const Json& problems = data.at("measured").at("problems");
    if (problems.empty()) return section("solutions", "Solutions", no_problems(data));
    std::string body =
        "<p>The colour of a step is the PRM's probability that it is right; the mark "
        "behind it is the verifier's word, asked afterwards, up to the first "
        "error. Chosen of the first " +
        number(data, "/measured/options/looked-at") +
        " held-out problems: half of them where only the search is right, a quarter "
        "where it fails, the rest where nothing is hard.</p>\n";
    body += "<p class=\"scale\" aria-hidden=\"true\">0";
    for (int i = 0; i < 10; ++i) body += fmt::format("<span class=\"p{}\"></span>", i);
    body += "1</p>\n";
    for (size_t i = 0; i < problems.size(); ++i) {
        const std::string at = fmt::format("/measured/problems/{}", i);
        body += fmt::format("<div class=\"problem\"><h3><code>{} = {}</code></h3><div "
                            "class=\"solutions\">",
                            escaped(problems[i].at("problem").get<std::string>()),
                            escaped(problems[i].at("truth").get<std::string>()));
        for (size_t s = 0; s < problems[i].at("solutions").size(); ++s)
            body += solution_html(data, problems[i].at("solutions")[s],
                                  fmt::format("{}/solutions/{}", at, s));
        body += "</div></div>\n";
    }
    return section("solutions", "Solutions, step by step",
                   body + command(command_of("report", data)));
}

std::string trees_section(const Json& data) {
    const Json& problems = data.at("measured").at("problems");
    if (problems.empty()) return section("trees", "Search trees", no_problems(data));
    std::string body =
        "<p>What A*, guided by the PRM, looked at. A node is a line; the colour is the PRM's "
        "probability that the step is right, the number in the circle the order of expansion, the "
        "strong frame the way to the answer. f = g + 4 h, where g is -log p of the path and h "
        "-log of the product of its scores: the smallest f is expanded next. Click, or press ← and "
        "→, to fold.</p>\n";
    for (size_t i = 0; i < problems.size(); ++i) body += tree_html(data, i);
    const Json& options = data.at("measured").at("options");
    Json search{{"method", "astar"},
                {"scorer", "prm"},
                {"weight", 4},
                {"temperature", 0.7},
                {"budget", options.at("budget")},
                {"seed", options.at("seed")},
                {"trace", true},
                {"problem", problems[0].at("problem")}};
    return section(
        "trees", "Search trees",
        body + command(printed_search(data.at("folder"), data.at("seed").get<uint64_t>(), search)));
}

} // namespace qstar::eval
