// The talk's claims: each with its experiment, its rule, its numbers and the verdict.

#include "engine/text/json.h"
#include "eval/plot/html.h"
#include "eval/report/data.h"
#include "eval/report/sections.h"

#include <fmt/core.h>
#include <string>

namespace qstar::eval {

namespace {

std::string text_of(const Json& claim, const char* field) {
    return escaped(claim.value(field, std::string()));
}

std::string badge(const std::string& verdict) {
    const std::string kind = verdict == "holds"           ? "holds"
                             : verdict == "does not hold" ? "fails"
                                                          : "undecided";
    return fmt::format("<span class=\"badge {}\">{}</span>", kind, escaped(verdict));
}

std::string numbers_table(const Json& data, const Json& claim, const std::string& at) {
    std::string rows;
    for (size_t i = 0; i < claim.at("numbers").size(); ++i) {
        const Json& row = claim.at("numbers")[i];
        const std::string here = fmt::format("{}/numbers/{}/", at, i);
        rows += "<tr><th scope=\"row\">" + text_of(row, "name") + "</th>";
        if (row.contains("n")) {
            rows += fmt::format("<td class=\"num\">{} %</td><td class=\"num\">{} – {}</td><td "
                                "class=\"num quiet\">{} of {}</td>",
                                share(data, here + "solved", here + "n"),
                                number(data, here + "low", kPercent),
                                number(data, here + "high", kPercent),
                                number(data, here + "solved"), number(data, here + "n"));
        } else {
            rows += fmt::format("<td class=\"num\" colspan=\"3\">{} {}</td>",
                                number(data, here + "value", {row.value("decimals", 2), 1}),
                                text_of(row, "unit"));
        }
        rows += "</tr>";
    }
    if (rows.empty()) return "";
    return "<table><thead><tr><th scope=\"col\"></th><th scope=\"col\" class=\"num\">share</th><th "
           "scope=\"col\" class=\"num\">95 % interval</th><th scope=\"col\" "
           "class=\"num\">counts</th></tr></thead><tbody>" +
           rows + "</tbody></table>";
}

} // namespace

std::string claims_section(const Json& data) {
    const std::string make = command_of("claims", data);
    if (!data.contains("claims"))
        return section("claims", "The talk's claims",
                       missing("The claims are not measured on this run yet.", make));
    const Json& claims = data.at("claims").at("claims");
    std::string cards, list;
    int holds = 0, fails = 0, undecided = 0;
    for (size_t i = 0; i < claims.size(); ++i) {
        const Json& claim = claims[i];
        const std::string verdict = claim.at("verdict");
        (verdict == "holds" ? holds : verdict == "does not hold" ? fails : undecided) += 1;
        const std::string at = fmt::format("/claims/claims/{}", i);
        cards += fmt::format(
            "<details class=\"claim\" id=\"claim-{0}\"><summary><span "
            "class=\"claim-number\">{0}</span><span class=\"statement\">{1}</span>{2}</summary>\n"
            "<p "
            "class=\"why\">{3}.</p>\n<dl><dt>Experiment</dt><dd>{4}</dd><dt>Measure</dt><dd>{5}</"
            "dd><dt>Rule, "
            "fixed before the numbers</dt><dd>{6}</dd></dl>\n<div class=\"scroll\">{7}</div>\n{8}"
            "</details>\n",
            claim.at("number").get<int>(), text_of(claim, "statement"), badge(verdict),
            text_of(claim, "why"), text_of(claim, "experiment"), text_of(claim, "measure"),
            text_of(claim, "rule"), numbers_table(data, claim, at),
            command(claim.value("command", make)));
    }
    return section(
        "claims", "The talk's claims",
        fmt::format("<p>Of {} claims {} hold, {} do not, {} are undecided{}. Open one for its "
                    "experiment and the rule.</p>\n{}{}",
                    claims.size(), holds, fails, undecided,
                    data.at("claims").value("quick", false)
                        ? " at the demo's small size: without <code>--quick</code> the intervals "
                          "are narrower"
                        : "",
                    cards, make.empty() ? "" : command(make)));
}

} // namespace qstar::eval
