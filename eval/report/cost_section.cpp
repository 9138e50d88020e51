// What each stage cost, and how to make everything again.

#include "engine/text/json.h"
#include "eval/measure/printed_command.h"
#include "eval/plot/html.h"
#include "eval/report/data.h"
#include "eval/report/measure.h"
#include "eval/report/sections.h"

#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// The fields of a stage's result that are amounts of work, as they are named there.
const std::vector<std::pair<std::string, std::string>> amounts = {
    {"tokens", "tokens"},       {"steps", "steps"},      {"items", "items"},
    {"solutions", "solutions"}, {"prompts", "prompts"},  {"pairs", "pairs"},
    {"step_labels", "labels"},  {"problems", "problems"}};

std::string work_of(const Json& data, size_t i) {
    std::string out;
    for (const auto& [field, name] : amounts) {
        const std::string at = fmt::format("/stages/{}/result/{}", i, field);
        const Json* const value = data.at_path(at);
        if (value == nullptr || !value->is_number()) continue;
        out += (out.empty() ? "" : ", ") + number(data, at) + " " + name;
    }
    return out;
}

} // namespace

std::string cost_section(const Json& data) {
    const bool timed = data.contains("times") && data.at("times").contains("seconds");
    std::string rows;
    for (size_t i = 0; i < data.at("stages").size(); ++i) {
        const Json& stage = data.at("stages")[i];
        if (!stage.at("done").get<bool>()) continue;
        const std::string name = stage.at("stage");
        const std::string at = "/times/seconds/" + name;
        rows +=
            fmt::format("<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td>{}</td></tr>\n",
                        escaped(name), timed ? number(data, at, {1, 1}) : "-", work_of(data, i));
    }
    for (const char* measured : {"preference-win-rate", "best-of-n", "ladder", "claims"})
        if (timed && data.at("times").at("seconds").contains(measured))
            rows += fmt::format(
                "<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td>measured</td></tr>\n",
                measured, number(data, fmt::format("/times/seconds/{}", measured), {1, 1}));
    std::string body = timed ? "<p>Seconds on the machine that made this run, each of the call of "
                               "<code>qstar demo</code> that finished the stage.</p>\n"
                             : missing("Times were not recorded.",
                                       command_of("times", data) + ", from an empty folder,");
    body += "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">stage</th><th scope=\"col\" "
            "class=\"num\">seconds</th><th scope=\"col\">work</th></tr></thead><tbody>\n" +
            rows + "</tbody></table></div>\n";
    return section("cost", "What it cost", body);
}

std::string commands_section(const Json& data) {
    const std::string folder = data.at("folder");
    std::string body =
        "<p>The same seed gives the same bytes, whatever the number of threads. A "
        "sample of the numbers here is made again, and compared, by</p>\n" +
        command(printed_command<MeasureOptions>(
            "eval report", folder, data.at("seed").get<uint64_t>(), {{"verify", true}})) +
        "<p>Each part comes from a file or a folder of the run's:</p>\n<div "
        "class=\"scroll\"><table><tbody>\n";
    const auto row = [&](const std::string& file, const std::string& made_by) {
        if (!made_by.empty())
            body += fmt::format("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td></tr>\n",
                                escaped(file), command(made_by));
    };
    for (size_t i = 0; i < data.at("stages").size(); ++i)
        row(data.at("stages")[i].at("stage").get<std::string>() + "/", stage_command(data, i));
    for (const Source& source : sources())
        if (data.contains(source.name))
            row(fmt::format("{}.json", source.study), command_of(source.name, data));
    row("report.html", command_of("report", data));
    return section("again", "Make it again", body + "</tbody></table></div>\n");
}

} // namespace qstar::eval
