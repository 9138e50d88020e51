// The page: its head, the sections in order, and the data that they were made from.

#include "engine/text/json.h"
#include "eval/plot/html.h"
#include "eval/report/sections.h"

#include <fmt/core.h>
#include <string>

namespace qstar::eval {

namespace {

struct Part {
    const char* id;
    const char* name; // in the list of contents
    std::string (*make)(const Json&);
};
constexpr Part kParts[] = {{"pipeline", "Pipeline", pipeline_section},
                           {"ladder", "Ladder", ladder_section},
                           {"tokens", "Tokens", tokens_section},
                           {"claims", "Claims", claims_section},
                           {"solutions", "Solutions", solutions_section},
                           {"trees", "Trees", trees_section},
                           {"calibration", "Calibration", calibration_section},
                           {"training", "Training", training_section},
                           {"cost", "Cost", cost_section},
                           {"again", "Again", commands_section}};

// The ladder in a few numbers: the steps of the talk.
std::string stairs(const Json& data) {
    if (!data.contains("ladder")) return "";
    const std::pair<const char*, const char*> steps[] = {
        {"base model, greedy", "the base model alone"},
        {"tuned model, greedy", "tuned, alone"},
        {"best of N, ORM", "an outcome model chooses"},
        {"best of N, generative ORM", "one of next-token prediction"},
        {"best of N, PRM (minimum)", "a process model chooses"},
        {"A*, PRM", "A* over steps"},
        {"Q*, self-play's policy and Q", "Q*, after self-play"}};
    std::string out;
    const Json& rows = data.at("ladder").at("rows");
    for (const auto& [method, said] : steps) {
        size_t found = rows.size(); // the last: at the largest budget
        for (size_t i = 0; i < rows.size(); ++i)
            if (rows[i].at("method") == method) found = i;
        if (found == rows.size()) continue;
        const std::string at = fmt::format("/ladder/rows/{}/", found);
        const double solved =
            rows[found].at("solved").get<double>() / rows[found].at("n").get<double>();
        out += fmt::format("<li><div class=\"riser\"><div style=\"height:{:.1f}%\"></div></div>"
                           "<strong>{}<small> %</small></strong><span>{}</span></li>",
                           100 * solved, share(data, at + "solved", at + "n"), said);
    }
    return "<ol class=\"stairs\" aria-label=\"Share of held-out problems solved\">" + out +
           "</ol>\n";
}

std::string asset(std::string_view name) {
    return std::string(embedded_text(report_assets(), name));
}

// In a script element nothing may look like its end.
std::string script_safe(std::string text) {
    for (size_t at = text.find("</"); at != std::string::npos; at = text.find("</", at + 3))
        text.replace(at, 2, "<\\/");
    for (size_t at = text.find("<!--"); at != std::string::npos; at = text.find("<!--", at + 1))
        text.replace(at, 4, "\\u003c!--");
    return text;
}

} // namespace

std::string page(const Json& data) {
    std::string contents, body;
    for (const Part& part : kParts) {
        contents += fmt::format("<li><a href=\"#{}\">{}</a></li>", part.id, part.name);
        body += part.make(data);
    }
    const std::string title = "qstar: " + data.at("run").get<std::string>();
    std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
                      "href=\"data:,\">\n<title>" +
                      escaped(title) + "</title>\n<style>\n" + asset("report.css") +
                      "</style>\n</head>\n";
    out += fmt::format(
        "<body>\n<a class=\"skip\" href=\"#main\">to the contents</a>\n<header>\n<p "
        "class=\"brand\">qstar</p>\n<h1>From next-token prediction to step search</h1>\n<p "
        "class=\"lead\">The run <code>{}</code>, seed {}, world {}: what each stage made, what "
        "each "
        "method solves, and which of the talk’s claims are true here. Every number can be made "
        "again; rest on one to see where it stands in the data.</p>\n{}<nav "
        "aria-label=\"Contents\"><ul>{}</ul></nav>\n</header>\n<main id=\"main\">\n{}</main>\n",
        escaped(data.at("folder").get<std::string>()), number(data, "/seed"),
        escaped(data.at("world").get<std::string>()), stairs(data), contents, body);
    out += "<script type=\"application/json\" id=\"data\">" + script_safe(data.dump()) +
           "</script>\n<script>\n" + asset("report.js") + "</script>\n</body>\n</html>\n";
    return out;
}

} // namespace qstar::eval
